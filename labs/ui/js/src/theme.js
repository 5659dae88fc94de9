/** The editor's colours, all from JupyterLab's own variables. */
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--lm-brand)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--lm-ok)" },
  { tag: [tags.comment, tags.lineComment], color: "var(--lm-faint)" },
  { tag: [tags.meta, tags.labelName, tags.typeName], color: "var(--lm-wait)" },
  { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace], color: "var(--lm-soft)" },
]);

const theme = EditorView.theme({
  "&": { backgroundColor: "var(--lm-bg)", color: "var(--lm-ink)", fontSize: "12.5px", maxHeight: "520px", height: "100%" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--lm-mono)", lineHeight: "1.62", minHeight: "180px" },
  ".cm-content": { padding: "8px 0", caretColor: "var(--lm-ink)" },
  ".cm-line": { padding: "0 12px 0 4px" },
  ".cm-gutters": { backgroundColor: "var(--lm-bg)", color: "var(--lm-faint)", border: "none" },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0 8px 0 6px", minWidth: "26px" },
  ".cm-activeLine": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--lm-brand) 6%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground":
    { backgroundColor: "color-mix(in srgb, var(--lm-brand) 24%, transparent)" },
  ".cm-cursor": { borderLeftColor: "var(--lm-ink)" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "color-mix(in srgb, var(--lm-brand) 18%, transparent)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--lm-bad) 1px", textUnderlineOffset: "4px" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy var(--lm-warn) 1px", textUnderlineOffset: "4px" },
  ".cm-lintRange-info": { backgroundImage: "none", textDecoration: "underline dotted var(--lm-wait) 1px", textUnderlineOffset: "4px" },
  ".cm-tooltip-lint": { display: "none" },
  ".cm-tooltip, .cm-panels": { backgroundColor: "var(--lm-panel)", color: "var(--lm-ink)", border: "1px solid var(--lm-line)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--lm-brand)", color: "var(--lm-bg)" },
  ".cm-searchMatch": { backgroundColor: "var(--lm-warnbg)" },
});

export const looks = [theme, syntaxHighlighting(colours)];
