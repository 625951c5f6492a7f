//! What can be wrong with a row of a table, or with its columns.

use crate::dataset::problem::Place;
use crate::suggest::closest;

/// What is wrong with one row, or with the header. Columns are named as in the file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TableFault {
    /// A column that the mapping names and the file lacks.
    #[error("no column `{wanted}`{}", among(wanted, there))]
    NoColumn {
        /// As the mapping names it.
        wanted: String,
        /// The columns there are, in the order of the file.
        there: Vec<String>,
    },
    /// Two rows with one id that say different things, where they are to be one record.
    #[error("the id `{id}` stands {} too, with other content; rows that repeat an id have to say the same", first.at())]
    RepeatDiffers {
        /// The id.
        id: String,
        /// Where it stood first.
        first: Place,
    },
    /// A column that the mapping names and the header has twice.
    #[error("the header has the column `{0}` twice; rename one of them")]
    ColumnTwice(String),
    /// A column whose type this reader does not turn into cells.
    #[error("the column `{column}` is {kind}; {way_out}")]
    ColumnType {
        /// The column.
        column: String,
        /// Its type in the words of the format.
        kind: String,
        /// What to do.
        way_out: &'static str,
    },
    /// A row with more or fewer cells than the header.
    #[error("{got} columns, but the header has {want}; put quotes round cells that hold the separator")]
    Ragged {
        /// Cells of the header.
        want: usize,
        /// Cells of the row.
        got: usize,
    },
    /// A quote that is open at the end of the file.
    #[error(
        "a quote that opens in this row is never closed; write quotes inside of a cell twice, or get the file anew if \
         it was cut off"
    )]
    OpenQuote,
    /// A cell whose bytes are no UTF-8.
    #[error(
        "`{column}`: byte {byte} is not UTF-8; convert the file, for instance with `iconv -f LATIN1 -t UTF-8`"
    )]
    NotUtf8 {
        /// The column.
        column: String,
        /// The first bad byte of the cell, from 1.
        byte: usize,
    },
    /// An empty cell where a value is needed.
    #[error("no value in `{0}`, which every row needs")]
    Missing(String),
    /// A value of the wrong type.
    #[error("`{column}` is {found}; {want}")]
    Type {
        /// The column.
        column: String,
        /// What stands there, with its article.
        found: &'static str,
        /// What to write.
        want: &'static str,
    },
    /// A number that JSON, and so a payload, cannot hold.
    #[error("`{column}` is {value}, which is no number to filter by; leave the cell empty")]
    NotFinite {
        /// The column.
        column: String,
        /// As printed.
        value: String,
    },
    /// A filter that does not parse.
    #[error("`{column}`: {message}")]
    Filter {
        /// The column.
        column: String,
        /// What is wrong with it.
        message: String,
    },
    /// A word that the mapping does not say the worth of.
    #[error("the grade `{word}` is not among `grades`, which has {}", listed(known))]
    UnknownGrade {
        /// As written.
        word: String,
        /// Words that are known.
        known: Vec<String>,
    },
    /// No row has the value that `only` asks for.
    #[error(
        "no row has `{wanted}` in `{column}`, as `only` asks; there are {}",
        listed(there)
    )]
    NoneOnly {
        /// The column.
        column: String,
        /// The value asked for.
        wanted: String,
        /// The first values there are, sorted.
        there: Vec<String>,
    },
    /// Something in a vector that is no number.
    #[error("`{column}`: value {at} is `{found}`; a vector is a list of numbers")]
    NoNumber {
        /// The column.
        column: String,
        /// Which value, from 1.
        at: usize,
        /// What stands there.
        found: String,
    },
    /// A value of a vector that is not finite.
    #[error("`{column}`: value {at} is {value}; make this vector again or leave the row out")]
    NotFiniteInVector {
        /// The column.
        column: String,
        /// Which value, from 1.
        at: usize,
        /// What it is.
        value: f32,
    },
    /// A vector of another length.
    #[error(
        "`{column}` has {got} values, but {want} in the first row; all vectors of a column are of one model"
    )]
    Dimension {
        /// The column.
        column: String,
        /// Values in the first row.
        want: usize,
        /// Values in this row.
        got: usize,
    },
    /// A vector without a direction.
    #[error(
        "`{0}` has only zeros; such a vector has no direction to compare by cosine: leave the row out, or compare by \
         `dot` or `l2`"
    )]
    Zeros(String),
}

fn among(wanted: &str, there: &[String]) -> String {
    let meant = closest(wanted, there.iter().map(String::as_str));
    let meant = meant.map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
    let separator = if meant.is_empty() { ";" } else { "" };
    format!("{meant}{separator} there are {}", listed(there))
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => format!("`{}`", names.join("`, `")),
    }
}
