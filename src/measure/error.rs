//! What can be wrong with the name of a measure.

/// Why a text is no measure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseMeasureError {
    /// Not of the form of a measure.
    #[error("`{0}` is not of the form `Name(param=value)@cutoff`")]
    Malformed(String),
    /// A name that nobody knows.
    #[error("unknown measure `{name}`")]
    Unknown {
        /// As written, without parameters and cut-off.
        name: String,
        /// The whole measure with the name that may be meant.
        suggestion: Option<String>,
    },
    /// A measure that exists but is not computed here.
    #[error("the measure `{0}` is not computed by this version")]
    NotComputed(String),
    /// A measure that has no meaning without a cut-off.
    #[error("`{name}` needs a cut-off, for instance `{name}@10`")]
    NoCutoff {
        /// The canonical name.
        name: &'static str,
    },
    /// Interpolated precision without the level of recall.
    #[error("`IPrec` needs a level of recall, for instance `IPrec@0.1`")]
    NoRecall,
    /// A cut-off on a measure that has none.
    #[error("`{name}` takes no cut-off")]
    NeedlessCutoff {
        /// The canonical name.
        name: &'static str,
    },
    /// A cut-off that is no number from 1.
    #[error("the cut-off `{0}` is not a whole number from 1")]
    BadCutoff(String),
    /// A parameter that the measure does not have.
    #[error("`{name}` has no parameter `{param}`{}", known_params(known))]
    UnknownParam {
        /// The canonical name.
        name: &'static str,
        /// As written.
        param: String,
        /// The parameters it has.
        known: &'static [&'static str],
    },
    /// A parameter given twice.
    #[error("the parameter `{0}` is given twice")]
    RepeatedParam(String),
    /// A value that the parameter cannot have.
    #[error("`{param}={value}`: {want}")]
    BadParam {
        /// The parameter.
        param: &'static str,
        /// As written.
        value: String,
        /// What it may be.
        want: &'static str,
    },
}

impl ParseMeasureError {
    /// What the author may have meant, ready to be written in place of the text.
    pub fn suggestion(&self) -> Option<&str> {
        match self {
            Self::Unknown { suggestion, .. } => suggestion.as_deref(),
            _ => None,
        }
    }
}

fn known_params(known: &[&str]) -> String {
    match known {
        [] => "; it has none".to_owned(),
        known => format!("; it has `{}`", known.join("`, `")),
    }
}
