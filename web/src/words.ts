// The sentences scripts say, put on the page by {% island_words %}.

let words: Record<string, string> | null = null;

export function say(key: string, facts: Record<string, string | number> = {}): string {
  words ??= JSON.parse(document.getElementById("words")?.textContent ?? "{}") as Record<string, string>;
  const sentence = words[key] ?? key;
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(facts[name] ?? whole));
}

export const lang = (): "zh" | "en" => (document.documentElement.lang.startsWith("en") ? "en" : "zh");

/** Say something to a screen reader without showing it. */
export function announce(sentence: string): void {
  const place = document.getElementById("said");
  if (place) place.textContent = sentence;
}
