/** Words that announce an answer, in the languages that benchmarks are translated into. */
import type { Span } from './thoughts.js';

/** "Answer" in languages that put spaces between words, but English. */
const nouns =
  'antwort(?:en)?|lösung|réponse|respuesta|resposta|risposta|antwoord|ответ|відповідь|отговор|одговор|odpowiedź|odpověď|odpoveď|odgovor|válasz|răspuns(?:ul)?|vastaus|svar(?:et)?|απάντηση|cevap|yanıt|cavab|jawaban(?:nya)?|jawapan|sagot|jibu|idahun|ìdáhùn|đáp án|câu trả lời|trả lời|الإجابة|الاجابة|إجابة|الجواب|جواب|پاسخ|תשובה|התשובה|उत्तर|जवाब|উত্তর|సమాధానం|விடை|பதில்';
/** "Correct", "final", after the noun. */
const qualities =
  'final|finale?|correcta?|correcte|correta|corretta|richtige|النهائية|الصحيحة|صحيحة|सही|সঠিক|đúng(?: nhất)?|cuối cùng|yang benar|akhir|sahihi';
/** "Is" in those languages. */
const verbs =
  'ist|lautet|est|es|é|è|is|to|brzmi|je|är|er|on|este|είναι|adalah|ialah|ni|là|هي|هو|است|היא|है|হল|হলো|—|–';

/** Quotes, bold and the braces of \textbf{Answer:}. */
const marks = '[\\s*_"\'”’`}\\])#]{0,12}';
const after = '[\\s:：、，,]{0,8}';
const notInWord = '(?<![\\p{L}\\p{M}\\p{N}_])';
const ended = '(?![\\p{L}\\p{M}\\p{N}])';
const sign = '[:：=≈→ঃ]|-(?=\\s)';

const english = [
  // The answer to part (a) should be 5. "answer": 5
  new RegExp(
    `${notInWord}(?:answers?|ans|correct (?:choice|option|letter)|best (?:choice|option)|right (?:choice|option)|final (?:choice|result))` +
      '(?:[ \\t]+(?:choice|option|letter|here)(?![a-z]))?' +
      '(?:[ \\t]+(?:to|for|of|in)[ \\t][^\\n.:=!?]{1,80}?)?' +
      `${marks}(?:${sign}|(?:is|are|equals?|(?:(?:comes?|turns?|works?) out (?:to be|to|as))|(?:sh|w)ould be|(?:must|will|can)(?: then| therefore| only)? be)${ended})${after}`,
    'giu',
  ),
  // A heading, with the answer below it.
  /^[ \t>]{0,8}(?:#{1,6}[ \t]{0,4}|\*\*|\\textbf\{|\\section\*?\{)?[ \t]{0,4}(?:the )?(?:final |correct )?answer[ \t]{0,4}[*:}_]{0,4}[ \t]{0,8}$/gimu,
  /(?:^|\n|final |the |an )answer(?: of)?[ \t]+(?=\$|\\\(|\\\[|-?\d)/gi,
];
/** What one of these begins with: sought much faster. */
const englishWord = /answer|\bans\b|(?:correct|best|right|final) (?:choice|option|letter|result)/i;

const spaced = [
  new RegExp(
    `${notInWord}(?:${nouns})(?:[ \\t]+(?:${qualities})${ended})?${marks}(?:${sign}|(?:${verbs})${ended}|(?=\\s[$\\\\(（\\d]|\\s?[A-J]\\b))${after}`,
    'giu',
  ),
];
/** In languages without spaces between words, or with endings. */
const unspaced = [
  new RegExp(
    `(?:คำตอบ|정답|답변|답|正确选项|正確選項|答案|答え|答复|解答|回答|正解|正答|故选|应选|應選|所以选|因此选|(?<=^|\\n|。)答)(?:选项|選項)?(?:ที่ถูกต้อง)?${marks}(?:คือ|[은는は]|应该?[是为选]|應該?[是為選]|[是为為选選])?${after}`,
    'giu',
  ),
];

const hashes = /(?<!#)####(?!#)[ \t]*/g;
/** "#### 5", but "#### Step 4: count" is a heading. */
const answerLine = /^(?:[-−+$\\([{|√.\d]|\p{L}{1,12}\.?$)/u;

/** Places right after words that announce an answer, in order. */
export function announcementsIn(text: string): number[] {
  const places = new Set<number>();
  const find = (patterns: readonly RegExp[]) => {
    for (const pattern of patterns) {
      for (const match of text.matchAll(pattern)) places.add(match.index + match[0].length);
    }
  };
  if (englishWord.test(text)) find(english);
  if (places.size === 0) find(spaced);
  if (/[\u0e00-\u0e7f\u3000-\uffff]/.test(text)) find(unspaced);
  for (const match of text.matchAll(hashes)) {
    const place = match.index + match[0].length;
    const line = text.slice(place, place + 300).split('\n', 1)[0]!;
    if (answerLine.test(line.replace(/[*"]/g, '').trim())) places.add(place);
  }
  return [...places].sort((a, b) => a - b);
}

/** Weaker words: what they announce may be but a step. */
const steps =
  /(?<![\p{L}])(?:results?|solutions?|roots?|结果|결과|resultado|résultat|ergebnis|результат)(?:[ \t]+(?:of|for)[ \t][^\n.:=!?]{1,60}?)?[\s*_]{0,6}(?:[:：=]|(?:is|are|是|为|est|es|ist)(?![\p{L}]))[\s:：]{0,6}/giu;

export function stepsIn(text: string): number[] {
  return [...text.matchAll(steps)].map((match) => match.index + match[0].length);
}

const tagPattern =
  /<(answer|final_answer|final-answer|ans|solution)>|\[(answer)\]|<\|begin_of_(?:answer|solution)\|>|<\|(?:start|begin)_answer\|>/gi;

/** What the last tag for an answer holds, to the end of the text when it is not closed. Null without one. */
export function taggedIn(text: string): Span | null {
  const last = [...text.matchAll(tagPattern)].at(-1);
  if (last === undefined) return null;
  const [tag, angle, square] = last;
  const close = angle ? `</${angle}>` : square ? `[/${square}]` : tag.replace(/begin|start/i, 'end');
  const start = last.index + tag.length;
  const end = text.toLowerCase().indexOf(close.toLowerCase(), start);
  return { start, end: end === -1 ? text.length : end };
}
