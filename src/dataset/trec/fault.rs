//! What can be wrong with TREC text and topics.

/// What is wrong with a document or a topic.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MarkupFault {
    /// Text where an element should begin.
    #[error("text outside of `<{0}>`; it would belong to nothing")]
    Outside(&'static str),
    /// An element that begins and does not end.
    #[error("`<{0}>` is never closed; get the file anew if it was cut off")]
    Open(&'static str),
    /// A document without a number.
    #[error("a document without `<DOCNO>`")]
    NoDocno,
    /// A topic without a number.
    #[error("a topic without a number: `<num> Number: 301`, or `<topic number=\"1\">`")]
    NoNumber,
    /// A topic that lacks the part that is asked.
    #[error("topic {topic} has no {part}; choose another part with `query:`")]
    NoPart {
        /// Its number.
        topic: String,
        /// The part, as `query:` names it.
        part: &'static str,
    },
    /// A file that has only one text per topic.
    #[error("a `.tsv` of topics has no descriptions; ask the title, or take the topics as published")]
    OnlyTitles,
    /// No key of those that ids stand under.
    #[error("no `id`, `_id` or `docid`")]
    NoId,
    /// No key of those that texts stand under.
    #[error("no `contents` or `text`")]
    NoText,
}
