"""What people of the sample town say: invented reports, remarks and answers, by kind where it matters."""

from __future__ import annotations

from random import Random

_REPORTS = {
    "water_leak": (
        "楼道里水管一直滴水，台阶都湿了",
        "三楼拐角水管爆了，水往下流",
        "管子接头漏水，老人走路怕滑",
    ),
    "no_water": ("早上起来就没水了，是停水了吗", "我们这栋楼没水，做不了饭"),
    "sewage": ("一楼下水道返水，有味儿", "厨房下水堵了，全单元都慢"),
    "street_light": ("胡同口路灯灭了三天，晚上看不清路", "路灯一闪一闪的"),
    "stair_light": ("四楼楼道灯不亮，上楼要摸黑", "声控灯坏了"),
    "heating": ("暖气片一夜都是凉的", "今天暖气温度上不去，家里有孩子"),
    "lift": ("电梯停在三楼不动了", "电梯晃得厉害，老人不敢坐", "电梯门关不严"),
    "entry": ("单元门锁坏了，谁都能进", "门禁刷卡没反应"),
    "manhole": ("井盖翘起来了，车一过哐当响", "井盖缺了一个角，晚上危险"),
    "road": ("路面塌了个坑，骑车差点摔", "人行道砖翘起来了"),
    "rubbish": ("垃圾桶满了没人清，招苍蝇", "有人把旧沙发扔在桶边"),
    "fire_lane": ("消防通道又停了车", "楼道里堆满纸箱，堵住了"),
    "tree": ("大风把树枝刮断了，挡着路",),
    "power_cut": ("突然停电了，冰箱里都是东西",),
    "noise_dance": ("广场舞音响太大，孩子写不了作业",),
    "parking": ("门口天天有人乱停车，轮椅出不去",),
    "elder": ("想问问社区食堂怎么办就餐卡",),
    "subsidy": ("高龄津贴这个月没到账，想问一下",),
    "neighbour": ("楼上半夜拖椅子，说了几次不听",),
}
_ANY = ("麻烦来看一下", "好几天了，一直没人管", "路过看见的，帮忙处理一下", "邻居们都在说这个事")
_DONE = (
    "换了新件，试过没问题了", "清理干净，周围也看了一遍", "和物业师傅一起修好了，跟住户说了", "先做了临时处理，明天换新件，已经安全",
    "联系专业队伍到场处理完毕", "跟两边都说通了，回头再来看看",
)  # fmt: skip
_PLAN = ("分两步走：先围挡保安全，再开挖换管", "请专业单位勘查，三天内换新", "先用备用线路，夜里停机检修")
_UNHAPPY = ("修完又坏了", "只修了一半", "味道还在", "说好的时间没来")
_HAPPY = ("来得真快", "师傅很耐心", "谢谢你们", "")
_NOTES = ("已经在路上", "联系了物业，钥匙在传达室", "材料下午到", "和居民约好了晚上七点")
_HAND_UP = ("这段管子归热力公司，本格办不了", "要占道施工，请上级协调", "涉及两家单位，请社区牵头")
_FOUND = ("巡查时看见的", "走到这里发现的，先拍下来", "路过发现，已提醒旁边的店家")


def said(kind: str, rng: Random, how: str = "") -> str:
    """What a neighbour writes; ``how`` is the condition in words where it is not the usual one."""
    if how:
        return f"{how}，{rng.choice(_ANY)}"
    return rng.choice(_REPORTS.get(kind, _ANY))


def done(rng: Random) -> str:
    return rng.choice(_DONE)


def plan(rng: Random) -> str:
    return rng.choice(_PLAN)


def unhappy(rng: Random) -> str:
    return rng.choice(_UNHAPPY)


def happy(rng: Random) -> str:
    return rng.choice(_HAPPY)


def note(rng: Random) -> str:
    return rng.choice(_NOTES)


def hand_up(rng: Random) -> str:
    return rng.choice(_HAND_UP)


def found(rng: Random) -> str:
    return rng.choice(_FOUND)
