"""Names for an invented town: people, compounds, roads, streets, telephone numbers. All made up; the same
seed gives the same names.

Given names and place names are put together from common syllables, each with its pinyin, so that both
languages say the same thing. Telephone numbers run from 199 0000 0000 upward: the demo calls nobody, and
shows them masked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple


class Name(NamedTuple):
    """One name in both languages."""

    zh: str
    en: str


def _pairs(text: str) -> tuple[Name, ...]:
    """``柳:Liu 荫:Yin`` as names."""
    return tuple(Name(*pair.split(":", 1)) for pair in text.split())


SURNAMES = _pairs(
    "李:Li 王:Wang 张:Zhang 刘:Liu 陈:Chen 杨:Yang 赵:Zhao 黄:Huang 周:Zhou 吴:Wu 徐:Xu 孙:Sun 胡:Hu 朱:Zhu 高:Gao 林:Lin 何:He 郭:Guo "
    "马:Ma 罗:Luo 梁:Liang 宋:Song 郑:Zheng 谢:Xie 韩:Han 唐:Tang 冯:Feng 于:Yu 董:Dong 萧:Xiao 程:Cheng 曹:Cao 袁:Yuan 邓:Deng 许:Xu "
    "傅:Fu 沈:Shen 曾:Zeng 彭:Peng 吕:Lü 苏:Su 卢:Lu 蒋:Jiang 蔡:Cai 贾:Jia 丁:Ding 魏:Wei 薛:Xue 叶:Ye 阎:Yan 余:Yu 潘:Pan 杜:Du "
    "戴:Dai 夏:Xia 钟:Zhong 汪:Wang 田:Tian 任:Ren 姜:Jiang 范:Fan 方:Fang 石:Shi 姚:Yao 谭:Tan 廖:Liao 邹:Zou 熊:Xiong 金:Jin "
    "陆:Lu 郝:Hao 孔:Kong 白:Bai 崔:Cui 康:Kang 毛:Mao 邱:Qiu 秦:Qin 江:Jiang 史:Shi 顾:Gu 侯:Hou 邵:Shao 孟:Meng 龙:Long 万:Wan"
)
_FIRST = _pairs(
    "秀:xiu 建:jian 庆:qing 立:li 桂:gui 玉:yu 志:zhi 国:guo 明:ming 晓:xiao 文:wen 春:chun 淑:shu 海:hai 永:yong 丽:li 爱:ai 学:xue 振:zhen "
    "家:jia 嘉:jia 雨:yu 思:si 子:zi 浩:hao 梓:zi 静:jing 宝:bao 俊:jun 红:hong 雪:xue 云:yun 长:chang 成:cheng 世:shi 景:jing"
)
_SECOND = _pairs(
    "兰:lan 英:ying 华:hua 平:ping 军:jun 海:hai 芳:fang 梅:mei 强:qiang 涛:tao 敏:min 燕:yan 宇:yu 轩:xuan 涵:han 琴:qin 勇:yong 峰:feng "
    "霞:xia 玲:ling 萍:ping 刚:gang 斌:bin 民:min 生:sheng 辉:hui 荣:rong 珍:zhen 凤:feng 洁:jie 莹:ying 然:ran 杰:jie 鹏:peng 宁:ning 安:an"
)
_SINGLE = _pairs(
    "静:Jing 伟:Wei 敏:Min 磊:Lei 洋:Yang 艳:Yan 勇:Yong 杰:Jie 娟:Juan 涛:Tao 超:Chao 霞:Xia 鹏:Peng 琳:Lin 倩:Qian 博:Bo"
)

_PLACE_FIRST = _pairs(
    "春:Chun 晓:Xiao 清:Qing 锦:Jin 兰:Lan 竹:Zhu 松:Song 桂:Gui 荷:He 枫:Feng 梧:Wu 榆:Yu 柏:Bai 杏:Xing 海:Hai 云:Yun 月:Yue 星:Xing "
    "朝:Zhao 晨:Chen 和:He 安:An 泰:Tai 康:Kang 嘉:Jia 瑞:Rui 福:Fu 文:Wen 书:Shu 石:Shi 泉:Quan 溪:Xi 湖:Hu 翠:Cui 玉:Yu 金:Jin 银:Yin"
)
_PLACE_SECOND = _pairs(
    "桥:qiao 园:yuan 塘:tang 湾:wan 岭:ling 坊:fang 门:men 台:tai 河:he 井:jing 屯:tun 楼:lou 阁:ge 田:tian 林:lin "
    "泽:ze 光:guang 源:yuan 阳:yang 庭:ting "
    "苑:yuan 浦:pu 川:chuan 畔:pan 麓:lu 堤:di 洲:zhou 港:gang 甸:dian 峪:yu"
)
_COMPOUND_ENDS = _pairs(
    "小区:Compound 家园:Homes 花园:Gardens 里:Li 苑:Court 新村:New_Village 公寓:Apartments 雅居:Residence 佳苑:Court 名邸:Mansions"
)
_ROAD_ENDS = _pairs("路:Road 街:Street 大街:Avenue 巷:Lane 胡同:Hutong")

# The home street, which is the same in every town whatever its size: 5 communities, 16 compounds, 39
# micro-grids.
DISTRICT = Name("安和区", "Anhe District")
STREET = Name("柳荫街道", "Liuyin Street")
RIVER = Name("清水河", "Qingshui River")
RAILWAY = Name("安和线", "Anhe Line")


class Community(NamedTuple):
    name: Name
    short: Name
    compounds: tuple[tuple[Name, int], ...]  # with the number of micro-grids


def _community(zh: str, en: str, compounds: str) -> Community:
    rows = (row.split(":") for row in compounds.split())
    made = tuple((Name(name, english.replace("_", " ")), int(grids)) for name, english, grids in rows)
    return Community(Name(f"{zh}社区", f"{en} Community"), Name(zh, en), made)


COMMUNITIES = (
    _community(
        "柳荫",
        "Liuyin",
        "柳荫里小区:Liuyinli_Compound:3 春晓园:Chunxiao_Court:3 纺织厂家属院:Mill_Workers’_Homes:3",
    ),
    _community(
        "北河",
        "Beihe",
        "滨河花园:Riverside_Gardens:2 渡口新村:Ferry_New_Village:2 北河苑:Beihe_Court:3 水岸家园:Shui’an_Homes:2",
    ),
    _community("槐园", "Huaiyuan", "槐树里:Huaishuli:2 书香苑:Shuxiang_Court:3 槐园小区:Huaiyuan_Compound:2"),
    _community(
        "南桥", "Nanqiao", "南桥新村:Nanqiao_New_Village:3 石桥里:Shiqiaoli:2 桥头小区:Qiaotou_Compound:2"
    ),
    _community("锦华", "Jinhua", "锦华园:Jinhua_Court:3 锦绣里:Jinxiuli:2 华庭小区:Huating_Compound:2"),
)
MAIN_ROADS = _pairs("人民路:Renmin_Road 和平路:Heping_Road 柳桥路:Liuqiao_Road 锦程路:Jincheng_Road")
OUTER_ROADS = _pairs("北安路:Bei’an_Road 西苑路:Xiyuan_Road 南华路:Nanhua_Road 东明路:Dongming_Road")
SIDE_ROADS = _pairs(
    "槐树胡同:Huaishu_Hutong 纺织巷:Fangzhi_Lane 北河沿:Beiheyan 书院街:Shuyuan_Street 石桥街:Shiqiao_Street 渡口路:Dukou_Road 柳条巷:Liutiao_Lane "
    "锦绣街:Jinxiu_Street 桥头巷:Qiaotou_Lane 春晓街:Chunxiao_Street 水磨胡同:Shuimo_Hutong 灯市巷:Dengshi_Lane 南菜园街:Nancaiyuan_Street"
)


def spaced(name: Name) -> Name:
    """Underscores of the tables above as spaces."""
    return Name(name.zh, name.en.replace("_", " "))


def people(seed: int | str) -> Iterator[Name]:
    """Endless names of people. They repeat one day, as in any town."""
    rng = Random(f"people:{seed}")
    while True:
        surname = rng.choice(SURNAMES)
        if rng.random() < 0.22:
            given = rng.choice(_SINGLE)
            yield Name(surname.zh + given.zh, f"{surname.en} {given.en}")
        else:
            one, two = rng.choice(_FIRST), rng.choice(_SECOND)
            yield Name(surname.zh + one.zh + two.zh, f"{surname.en} {one.en.capitalize()}{two.en}")


def phone(number: int) -> str:
    """The ``number``-th telephone number of the demo: 199 0000 0000 upward, given to nobody by us and never
    dialled.
    """
    if not 0 <= number < 10_000_000:
        raise ValueError("the demo has ten million numbers")
    return f"1990{number:07d}"


def stems(seed: int | str) -> Iterator[Name]:
    """Place stems such as 竹溪 Zhuxi, each once, in an order of the seed's own; numbered when all are used
    up.
    """
    every = [Name(a.zh + b.zh, a.en + b.en) for a in _PLACE_FIRST for b in _PLACE_SECOND]
    Random(f"stems:{seed}").shuffle(every)
    known = {community.short.zh for community in COMMUNITIES}
    fresh = [name for name in every if name.zh not in known]
    round_ = 0
    while True:
        yield from (
            fresh
            if not round_
            else (Name(f"{n.zh}{_numeral(round_ + 1)}", f"{n.en} {round_ + 1}") for n in fresh)
        )
        round_ += 1


def _numeral(number: int) -> str:
    digits = "零一二三四五六七八九"
    if number < 10:
        return digits[number]
    tens, ones = divmod(number, 10)
    return (digits[tens] if tens > 1 else "") + "十" + (digits[ones] if ones else "")


def compound(stem: Name, rng: Random) -> Name:
    """A compound called after its stem."""
    return _joined(stem, rng.choice(_COMPOUND_ENDS))


def road(stem: Name, rng: Random, main: bool = False) -> Name:
    """A road called after its stem; main ones are roads, streets and avenues."""
    return _joined(stem, rng.choice(_ROAD_ENDS[:3] if main else _ROAD_ENDS))


def _joined(stem: Name, end: Name) -> Name:
    return Name(stem.zh + end.zh, spaced(Name("", f"{stem.en} {end.en}")).en)


def masked(number: str) -> str:
    """A telephone number as a page may show it."""
    return f"{number[:3]}****{number[-4:]}"


def pick(names: Sequence[Name], number: int) -> Name:
    """The ``number``-th of a list, round and round."""
    return spaced(names[number % len(names)])
