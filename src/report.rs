//! From an [`Evaluation`](crate::evaluate::Evaluation) to something people read.
//!
//! Three outputs say the same thing: a table for the terminal ([`console::table`]), one HTML file that works without
//! network and without script ([`html`]), and a short Markdown summary ([`markdown_summary`]). What they say is made
//! once in `view`; charts are drawn in `chart`. Equal evaluations give equal bytes.

mod chart;
pub mod console;
#[cfg(test)]
pub(crate) mod fixture;
mod html;
mod markdown;
mod view;

pub use html::html;
pub use markdown::markdown_summary;
