/**
 * The wording that the prose lint rejects. A rule is a regular expression, the advice to print, and the kinds of text it applies to.
 *
 * - `docstring`: a TSDoc block; `comment`: any other comment
 * - `string`: a string literal or JSX text; `title`: the title of a test
 * - `markdown`: a paragraph, list item, heading or table cell
 */
const ALL = ["docstring", "comment", "string", "title", "markdown"];
const WRITTEN = ["docstring", "comment", "title", "markdown"];

/** @typedef {{ name: string, pattern: RegExp, instead: string, in: readonly string[] }} ProseRule */

/** @type {readonly ProseRule[]} */
export const RULES = [
  {
    name: "docstring-start",
    pattern: /^(?:What|Whether|Where|Who|Whose|How|When|Which|That|Why)\b/,
    instead: "begin with a noun or a verb: “Request cost”, “True if …”, “Returns …”",
    in: ["docstring"],
  },
  {
    name: "comment-start",
    pattern: /^(?:What|Whether|Who|Whose|How)\b/,
    instead: "a sentence with a noun as its subject",
    in: ["comment"],
  },
  {
    name: "title-start",
    pattern: /^(?:what|whether|where|who|whose|how|which|of two|of \w+ at once)\b/i,
    instead: "say what the code does: “rejects …”, “returns …”",
    in: ["title"],
  },
  {
    name: "left-out",
    pattern: /\b(?:if|when|where) (?:it is |they are )?left out\b/,
    instead: "“Default: …”",
    in: ALL,
  },
  { name: "got-wants", pattern: /: got .+, wants\b/, instead: "“X must be Y; got Z”", in: ALL },
  {
    name: "is-no",
    pattern:
      /(?<!\bthere )\b(?:is|are|was|were|be) (?:no\b(?! (?:more|longer|less|fewer|later|other|earlier|better|worse|larger|smaller|such|way|reason|need))|none\b)/i,
    instead: "“is not a …”, “has no …”, “there is no …” as “X does not exist”",
    in: ALL,
  },
  { name: "has-none", pattern: /\b(?:has|have|had|with) none\b/i, instead: "“has no …”", in: ALL },
  {
    name: "translated",
    pattern:
      /\b(?:for ever|anew|in clear|by heart|thereof|whosoever|whoever|upon|such as it is|may well|all the same|of old|nothing else than|no matter|lest|hence|albeit|wherein|thereby|whereby|nought|aught)\b/i,
    instead: "ordinary words: “permanently”, “again”, “over plain HTTP”, “on”, “so”",
    in: ALL,
  },
  {
    name: "of-its-own",
    pattern: /\bof (?:its|their|his|her|our|your|my|one's) own\b/i,
    instead: "“its own X”, “custom X”, “a separate X”",
    in: ALL,
  },
  {
    name: "person-for-program",
    pattern:
      /\b(?:is|are|was|were|be|been|being|gets?) (?:told|heard|asked for nothing)\b|\blets? go of\b|\bknows? (?:of|nothing)\b|\bhears?\b|\bminds?\b(?! you)/i,
    instead: "“receives”, “evicts”, “depends on”, “is emitted”",
    in: WRITTEN,
  },
  {
    name: "pronoun",
    pattern: /\b(?:somebody|nobody|anybody|everybody|oneself|whom)\b/i,
    instead: "name who: “a client”, “the caller”, “no process”; or “someone”, “no one”",
    in: ALL,
  },
  {
    name: "telegraphic",
    pattern:
      /\b(?:apart by|without any (?:it|they)|beside what|beside one|takes? no part|have it so|do without|of which there)\b/i,
    instead: "a sentence with subject, verb and object",
    in: ALL,
  },
  {
    name: "glossary",
    pattern:
      /\b(?:regenerat\w+|reroll\w*|let(?:s|ting)? through|giv(?:e|es|en|ing) back|gave back|tenants?|mend(?:s|ed|ing)?)\b/i,
    instead: "the glossary: rotate, admit, refund, owner, fix",
    in: ALL,
  },
  {
    name: "chained",
    pattern: /^(?=(?:[^.;`]|`[^`]*`|\.\S)*;(?:[^.;`]|`[^`]*`|\.\S)*;)/,
    instead: "two or three sentences: at most one semicolon in a sentence",
    in: ["docstring", "comment", "markdown"],
  },
  {
    name: "long",
    pattern: /^(?:\S+\s+){45}/,
    instead: "two or three sentences: at most 45 words in a sentence",
    in: WRITTEN,
  },
];
