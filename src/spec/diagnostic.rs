//! A mistake or a warning, with its place and the way out.

use super::codes::Code;
use super::span::Span;

/// A mistake or a warning about a spec.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// What kind it is.
    pub code: Code,
    /// What is wrong, as a fragment that fits after `error: `.
    pub title: String,
    /// Where; absent for what is in no text, a file that cannot be read for instance.
    pub primary: Option<Label>,
    /// Other places that have to do with it.
    pub secondary: Vec<Label>,
    /// The way out, if the labels do not say it.
    pub help: Option<String>,
}

/// A place and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// A fragment; may be empty.
    pub text: String,
}

/// Whether a run can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can.
    Warning,
}

impl Diagnostic {
    /// A diagnostic without a place yet.
    pub fn new(code: Code, title: impl Into<String>) -> Self {
        Self {
            code,
            title: title.into(),
            primary: None,
            secondary: Vec::new(),
            help: None,
        }
    }

    /// The place it is about. At an unknown place, what is to be said there becomes the help.
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        let text = text.into();
        if span.is_known() {
            self.primary = Some(Label { span, text });
        } else if !text.is_empty() {
            self.help = Some(text);
        }
        self
    }

    /// Another place that has to do with it. An unknown place is left out.
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        let text = text.into();
        self.secondary
            .extend(span.is_known().then_some(Label { span, text }));
        self
    }

    /// The way out.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Whether a run can go on.
    pub fn severity(&self) -> Severity {
        match self.code.id().starts_with('W') {
            true => Severity::Warning,
            false => Severity::Error,
        }
    }
}
