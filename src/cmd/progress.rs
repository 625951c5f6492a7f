//! Talk on stderr: a bar on a terminal, plain lines elsewhere, nothing when asked to be quiet.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::{ProgressKind, When};
use crate::progress::{Event, Observer};
use crate::report::console::Style;
use crate::spec::{Diagnostic, Look, SpecSource, render_all};

/// Everything that is said beside the data.
pub(super) struct Talk {
    kind: ProgressKind,
    color: When,
    bar: Mutex<Option<ProgressBar>>,
    /// Set when somebody asked to stop.
    stop: Arc<AtomicBool>,
}

impl Talk {
    pub(super) fn new(kind: ProgressKind, quiet: bool, color: When) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let kind = match kind {
            _ if quiet => ProgressKind::None,
            ProgressKind::Auto if terminal => ProgressKind::Bar,
            ProgressKind::Auto => ProgressKind::Plain,
            other => other,
        };
        Self {
            kind,
            color,
            bar: Mutex::new(None),
            stop: Arc::default(),
        }
    }

    /// The flag that ends long work; a signal may set it.
    pub(super) fn stop(&self) -> &Arc<AtomicBool> {
        &self.stop
    }

    /// One line, unless quiet.
    pub(super) fn say(&self, line: &str) {
        if self.kind != ProgressKind::None {
            self.line(line);
        }
    }

    /// One line, always.
    pub(super) fn error(&self, message: &str) {
        self.line(&format!("error: {message}"));
    }

    /// A line for the CI system that runs the program, always.
    pub(super) fn command(&self, line: &str) {
        self.line(line);
    }

    /// Mistakes in a spec, and warnings about it.
    pub(super) fn diagnostics(&self, diagnostics: &[Diagnostic], source: &SpecSource) {
        let terminal = std::io::stderr().is_terminal();
        let look = if terminal {
            Look::Terminal {
                color: self.color_on(terminal),
            }
        } else {
            Look::Piped
        };
        let text = render_all(diagnostics, source, look);
        if !text.is_empty() {
            self.line(text.trim_end());
        }
    }

    /// How tables on stdout look.
    pub(super) fn style(&self) -> Style {
        if self.color_on(std::io::stdout().is_terminal()) {
            Style::Colour
        } else {
            Style::Plain
        }
    }

    fn color_on(&self, terminal: bool) -> bool {
        let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|t| t == "dumb");
        match self.color {
            When::Always => true,
            When::Never => false,
            When::Auto => terminal && !set("NO_COLOR") && !dumb,
        }
    }

    fn line(&self, line: &str) {
        // A closed stderr is no reason to stop a run.
        let print = || drop(writeln!(std::io::stderr().lock(), "{line}"));
        match self.bar.lock().ok().as_deref() {
            Some(Some(bar)) => bar.suspend(print),
            _ => print(),
        }
    }

    fn start_bar(&self, what: &str, total: usize, unit: &str) {
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {prefix} {eta}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
        bar.set_style(style);
        bar.set_message(what.to_owned());
        bar.set_prefix(unit.to_owned());
        if let Ok(mut slot) = self.bar.lock() {
            *slot = Some(bar);
        }
    }

    fn stop_bar(&self) {
        if let Ok(mut slot) = self.bar.lock()
            && let Some(bar) = slot.take()
        {
            bar.finish_and_clear();
        }
    }
}

/// Work below this many steps is over before anybody wonders.
const WORTH_A_BAR: usize = 64;

impl Observer for Talk {
    fn event(&self, event: Event<'_>) {
        match (event, self.kind) {
            (_, ProgressKind::None) => {}
            (Event::Note(note), _) => self.say(note),
            (Event::Started { total, .. }, _) if total < WORTH_A_BAR => {}
            (Event::Started { what, total, unit }, ProgressKind::Bar) => self.start_bar(what, total, unit),
            (Event::Started { what, total, unit }, _) => self.say(&format!("{what}: {total} {unit}")),
            (Event::Advanced { done }, _) => {
                if let Ok(slot) = self.bar.lock()
                    && let Some(bar) = slot.as_ref()
                {
                    bar.set_position(done as u64);
                }
            }
            (Event::Finished, _) => self.stop_bar(),
        }
    }

    fn cancelled(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
