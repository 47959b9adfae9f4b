import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, defaultHighlightStyle, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Annotation, Compartment, EditorState, type Extension } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
  placeholder as placeholderText,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useLayoutEffect, useRef } from "react";
import type { Issue } from "../api/types";
import "./code.css";

export interface EditorProps {
  value: string;
  language: "ts" | "json" | "yaml";
  /** Read by screen readers. */
  label: string;
  /** Without it the code can only be read. */
  onChange?: (value: string) => void;
  issues?: Issue[];
  placeholder?: string;
  /** Number of the line to mark and show, 1-based. */
  line?: number;
}

const highlight = HighlightStyle.define([
  { tag: [tags.keyword, tags.moduleKeyword, tags.controlKeyword], color: "var(--code-keyword)" },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)" },
  { tag: [tags.comment], color: "var(--ink-3)", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: "var(--code-function)" },
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--code-property)" },
  { tag: [tags.typeName, tags.className], color: "var(--code-function)" },
]);

const languages: Record<EditorProps["language"], () => Extension> = {
  ts: () => javascript({ typescript: true }),
  json,
  yaml,
};

/** Marks a text that was given and not typed. */
const given = Annotation.define<true>();

/** The nonce with which the server lets this page write style sheets; without one it allows them all. */
const nonce = () => document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";

export default function Editor({ value, language, label, onChange, issues = [], placeholder, line }: EditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const changed = useRef(onChange);
  const editable = onChange !== undefined;

  useEffect(() => {
    changed.current = onChange;
  }, [onChange]);

  useEffect(() => {
    const readOnly = new Compartment();
    view.current = new EditorView({
      parent: host.current ?? undefined,
      state: EditorState.create({
        doc: value,
        extensions: [
          EditorView.cspNonce.of(nonce()),
          lineNumbers(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          closeBrackets(),
          autocompletion(),
          search({ top: true }),
          highlightSelectionMatches(),
          editable ? [highlightActiveLine(), highlightActiveLineGutter()] : [],
          syntaxHighlighting(highlight),
          syntaxHighlighting(defaultHighlightStyle, { fallback: true }),
          languages[language](),
          EditorView.lineWrapping,
          // Tab moves on, as everywhere on the page: the editor must not trap the keyboard.
          keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap]),
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
          readOnly.of(editable ? [] : [EditorState.readOnly.of(true), EditorView.contentAttributes.of({ "aria-readonly": "true" })]),
          placeholder ? placeholderText(placeholder) : [],
          EditorView.updateListener.of((update) => {
            const typed = update.transactions.some((transaction) => transaction.docChanged && !transaction.annotation(given));
            if (typed) changed.current?.(update.state.doc.toString());
          }),
        ],
      }),
    });
    return () => {
      view.current?.destroy();
      view.current = undefined;
    };
    // The document is kept in step below; what else is fixed when the editor is made.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [language, label, editable, placeholder]);

  // At once: a moment later more may have been typed, and what was typed first would overwrite it.
  useLayoutEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value }, annotations: given.of(true) });
  }, [value]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    editor.dispatch(setDiagnostics(editor.state, issues.flatMap((issue) => diagnostic(editor.state, issue))));
  }, [issues, value]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || !line || line > editor.state.doc.lines) return;
    const at = editor.state.doc.line(line);
    editor.dispatch({ selection: { anchor: at.from, head: at.to }, effects: EditorView.scrollIntoView(at.from, { y: "center" }) });
  }, [line]);

  return <div ref={host} className="code-editor" />;
}

/** A problem at its place, when it has one in this text. */
function diagnostic(state: EditorState, issue: Issue): Diagnostic[] {
  if (!issue.line || issue.line > state.doc.lines) return [];
  const line = state.doc.line(issue.line);
  const from = Math.min(line.from + Math.max((issue.column ?? 1) - 1, 0), line.to);
  return [{ from, to: Math.max(from, line.to), severity: issue.warning ? "warning" : "error", message: issue.message }];
}
