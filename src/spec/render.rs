//! Diagnostics as text, in the manner of rustc.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::SpecSource;
use super::diagnostic::{Diagnostic, Label, Severity};

/// Who reads the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A person at a terminal.
    Terminal {
        /// Whether to write colour codes.
        color: bool,
    },
    /// A file, an editor or a CI log: the first line is `file:line:col: error[E0203]: …`.
    Piped,
}

/// All diagnostics, with an empty line between them; empty when there are none.
pub fn render_all(diagnostics: &[Diagnostic], source: &SpecSource, look: Look) -> String {
    let texts: Vec<String> = diagnostics.iter().map(|d| render(d, source, look)).collect();
    texts.join("\n")
}

/// One diagnostic with its excerpts; ends with a line break.
pub fn render(diagnostic: &Diagnostic, source: &SpecSource, look: Look) -> String {
    let path = source.path.display().to_string();
    let level = match diagnostic.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level
        .primary_title(diagnostic.title.as_str())
        .id(diagnostic.code.id());
    let mut group = title.elements(excerpt(diagnostic, source, &path));
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = match look {
        Look::Terminal { color: true } => Renderer::styled(),
        Look::Terminal { color: false } | Look::Piped => Renderer::plain(),
    };
    let text = renderer.render(&[group]);
    // The renderer pads its gutter with blanks that nobody needs in a file.
    let lines = text.lines().map(str::trim_end);
    let mut text: String = lines.flat_map(|line| [line, "\n"]).collect();
    if look == Look::Piped {
        text.insert_str(0, &place(diagnostic, source, &path));
    }
    text
}

fn excerpt<'a>(
    diagnostic: &'a Diagnostic,
    source: &'a SpecSource,
    path: &'a str,
) -> Option<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let primary = diagnostic.primary.as_ref()?;
    let annotation = |kind: AnnotationKind, label: &'a Label| {
        let span = label.span.pointed(&source.text);
        let text = Some(label.text.as_str()).filter(|t| !t.is_empty());
        kind.span(span.start..span.end).label(text)
    };
    let others = diagnostic.secondary.iter();
    let snippet = Snippet::source(source.text.as_str()).path(path).fold(true);
    Some(
        snippet
            .annotation(annotation(AnnotationKind::Primary, primary))
            .annotations(others.map(|label| annotation(AnnotationKind::Context, label))),
    )
}

/// `file:line:col: `, or `file: ` for what is in no text.
fn place(diagnostic: &Diagnostic, source: &SpecSource, path: &str) -> String {
    match &diagnostic.primary {
        None => format!("{path}: "),
        Some(label) => {
            let (line, column) = label.span.pointed(&source.text).line_and_column(&source.text);
            format!("{path}:{line}:{column}: ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Code, Span};

    fn source() -> SpecSource {
        SpecSource {
            path: "demo.yaml".into(),
            text: "pipelines:\n  a:\n    - dense: { limit: 28 }\n    - rerank: { depth: 80 }\n".into(),
        }
    }

    fn diagnostic() -> Diagnostic {
        let text = source().text;
        let span = |part: &str| {
            Span {
                start: 0,
                end: text.len(),
            }
            .of(part, &text)
        };
        Diagnostic::new(Code::DepthBeyondInput, "more asked for than there is")
            .at(span("80"), "wants 80")
            .also(span("28"), "hands on 28")
            .help("raise `limit` or lower `depth`")
    }

    #[test]
    fn a_terminal_sees_what_rustc_would_show() {
        let text = render(&diagnostic(), &source(), Look::Terminal { color: false });
        let expected = "\
warning[W0311]: more asked for than there is
 --> demo.yaml:4:24
  |
3 |     - dense: { limit: 28 }
  |                       -- hands on 28
4 |     - rerank: { depth: 80 }
  |                        ^^ wants 80
  |
  = help: raise `limit` or lower `depth`
";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_log_sees_the_place_on_the_first_line() {
        let text = render(&diagnostic(), &source(), Look::Piped);
        let first = text.lines().next();
        assert_eq!(
            first,
            Some("demo.yaml:4:24: warning[W0311]: more asked for than there is")
        );
    }

    #[test]
    fn colour_is_only_written_when_asked_for() {
        let text = render(&diagnostic(), &source(), Look::Terminal { color: true });
        assert!(text.contains("\u{1b}["), "{text:?}");
    }

    #[test]
    fn what_is_in_no_text_has_only_its_file() {
        let lost = Diagnostic::new(Code::Unreadable, "cannot read it");
        assert_eq!(
            render(&lost, &source(), Look::Piped),
            "demo.yaml: error[E0100]: cannot read it\n"
        );
    }
}
