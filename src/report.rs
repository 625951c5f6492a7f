//! From an [`Evaluation`](crate::evaluate::Evaluation) to something people read.
//!
//! Three outputs say the same thing: a table for the terminal ([`console::table`]), one HTML file that works without
//! network and without script ([`html`]), and a short Markdown summary ([`markdown_summary`]). What they say is made
//! once in `view`; programs get the same as [`json`], [`csv`] and [`junit`], and GitHub as [`annotations`]. Charts are drawn
//! in `chart`. Equal evaluations give equal bytes.

mod annotations;
mod chart;
pub mod console;
mod csv;
mod diff;
#[cfg(test)]
pub(crate) mod fixture;
mod html;
mod json;
mod junit;
mod markdown;
mod micro;
mod view;

pub use annotations::{Annotation, annotations};
pub use csv::csv;
pub use diff::diff;
pub use html::{Beside, html, html_beside};
pub use json::json;
pub use junit::junit;
pub use markdown::markdown_summary;
pub use micro::Micro;
