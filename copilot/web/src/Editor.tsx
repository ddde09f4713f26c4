// The flow's text: highlighting, findings as marks, completion of types, properties and values.

import { autocompletion, closeBrackets, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import { completeFlow } from "./complete";
import type { Finding } from "./model";

interface Props {
  text: string;
  /** Counts the times that a text came from elsewhere; what is typed does not count. */
  replaced: number;
  findings: Finding[];
  target: string;
  line: number | null;
  onChange: (text: string) => void;
}

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--code-key)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)" },
  { tag: tags.comment, color: "var(--text-soft)", fontStyle: "italic" },
]);

export function Editor({ text, replaced, findings, target, line, onChange }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const latest = useRef({ onChange, target });
  latest.current = { onChange, target };

  useEffect(() => {
    const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
    const created = new EditorView({
      parent: place.current!,
      state: EditorState.create({
        doc: text,
        extensions: [
          EditorView.cspNonce.of(nonce),
          lineNumbers(),
          foldGutter(),
          lintGutter(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          closeBrackets(),
          highlightActiveLine(),
          highlightSelectionMatches(),
          autocompletion({ override: [(context) => completeFlow(context, latest.current.target)] }),
          keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap, ...searchKeymap, indentWithTab]),
          yaml(),
          syntaxHighlighting(colours),
          EditorView.contentAttributes.of({ tabindex: "0", "aria-label": "Flow as YAML", "aria-description": "Escape, then Tab, leaves the editor" }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = created;
    return () => created.destroy();
    // The editor keeps its own text; what comes from outside arrives through the effects below.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  useEffect(() => {
    // Only what came from elsewhere is written: a text that is shown late must not undo what was typed meanwhile.
    const current = view.current!;
    if (current.state.doc.toString() !== text) {
      current.dispatch({ changes: { from: 0, to: current.state.doc.length, insert: text } });
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [replaced]);

  useEffect(() => {
    const current = view.current!;
    current.dispatch(setDiagnostics(current.state, findings.map((f) => diagnostic(current.state, f))));
  }, [findings]);

  useEffect(() => {
    const current = view.current!;
    if (line === null || line > current.state.doc.lines) return;
    const { from } = current.state.doc.line(line);
    current.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
    current.focus();
  }, [line]);

  return <div className="editor" ref={place} />;
}

function diagnostic(state: EditorState, finding: Finding): Diagnostic {
  const line = state.doc.line(Math.min(Math.max(finding.line, 1), state.doc.lines));
  const from = Math.min(line.from + Math.max(finding.column - 1, 0), line.to);
  return {
    from,
    to: line.to,
    severity: finding.severity === "hint" ? "info" : finding.severity,
    message: finding.hint ? `${finding.message}\n${finding.hint}` : finding.message,
  };
}
