//! Every kind of mistake and warning, with its code and what it means.

/// Declares the codes once: variant, code, explanation.
macro_rules! codes {
    ($($variant:ident $id:literal $explanation:literal)+) => {
        /// What kind of mistake or warning a diagnostic is. `E` is an error, `W` a warning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $explanation] $variant,)+
        }

        impl Code {
            /// All of them, in the order of their numbers.
            pub const ALL: &[Code] = &[$(Code::$variant),+];

            /// The code as printed, for instance `E0203`.
            pub fn id(self) -> &'static str {
                match self { $(Code::$variant => $id),+ }
            }

            /// What it means, in a sentence.
            pub fn explanation(self) -> &'static str {
                match self { $(Code::$variant => $explanation),+ }
            }
        }
    };
}

codes! {
    Unreadable "E0100" "The spec file cannot be read."
    Syntax "E0101" "The text is no YAML document."
    UnknownKey "E0102" "A key that the language does not have."
    MissingKey "E0103" "A key that has to be there is not."
    WrongType "E0104" "A value of the wrong type."
    UnknownChoice "E0105" "A word that is none of the choices."
    DuplicateKey "E0106" "A key stands twice in one map."
    UnknownAnchor "E0107" "An alias to an anchor that does not exist."
    UnsetVariable "E0108" "An environment variable without a value and without a default."
    UnknownVersion "E0109" "The spec is written in a version of the language that this program does not read."
    NotYet "E0110" "A form of the language that this version does not carry out."
    BadName "E0201" "A name with characters it may not have, or without any."
    UnknownData "E0202" "A data set that is not there."
    UnknownMeasure "E0203" "A measure that does not exist or cannot be read."
    UnknownModel "E0204" "A model that is not known, or not to this runtime."
    UnknownVector "E0205" "A vector that the index does not define."
    UnknownStage "E0206" "A stage that the pipeline does not have, or has only later."
    UnknownPipeline "E0207" "A pipeline that is not defined."
    UnknownBackend "E0208" "A backend that is not defined."
    NameTwice "E0209" "Two things of one kind with the same name."
    NoModel "E0210" "A stage or a vector needs a model that the spec does not name."
    WrongVector "E0211" "A stage searches a vector of another kind."
    Nothing "E0212" "A list that may not be empty is."
    Unjudged "E0213" "A measure that needs judgements, on a data set that has none."
    NoFile "E0214" "A file that a data set is to be read from is not there, or is of no known kind."
    BadAddress "E0215" "An address of a server that cannot be one, or that holds a secret."
    OutOfRange "E0301" "A number outside the range in which it means something."
    OneList "E0302" "A fusion of fewer than two different lists."
    Weights "E0303" "Weights that do not fit the lists, or decide nothing."
    FromCycle "E0304" "Pipelines that continue one another in a circle."
    ManyRerankers "E0305" "More than one reranker in an experiment."
    NotTunable "E0306" "Weights that cannot be tuned so: no mean over judged queries, or no splits."
    TunedOnMeasured "E0307" "Weights that would be tuned on the queries that are measured."
    UnknownAxis "E0401" "A path that names no setting of any pipeline or of the index."
    EmptyAxis "E0402" "An axis, a row or an added combination without values."
    WrongValue "E0403" "A value that its setting does not take."
    BadRange "E0404" "A range that cannot be walked."
    AxisTwice "E0405" "A path that is swept, or a value that stands on its axis, twice."
    TooManyCells "E0406" "A sweep of more cells than allowed."
    MatchesNothing "E0407" "A selector that fits no cell."
    UnknownSelector "E0408" "A selector speaks of something that does not vary."
    Incomplete "E0409" "An added combination that does not say which pipeline it is."
    RowsDiffer "E0410" "Rows that do not set the same paths."
    BadGate "E0501" "A gate that is no sentence of subject, comparison and number."
    NotMeasured "E0502" "A gate on something that is not measured."
    AmbiguousReference "E0503" "A reference that is more than one cell of a data set."
    NoExpected "E0504" "A measure without a known expected value over the orders of ties, where the report is to have it."
    FieldUnseen "W0206" "A text field that the first documents of a data set do not have."
    DepthBeyondInput "W0311" "A late or rerank stage that is to score more hits than it is given."
    CutoffBeyondLimit "W0312" "A measure that looks deeper than the list is long."
    DeadEf "W0313" "A beam narrower than the hits it has to find: it is widened, the value has no effect."
    NoOversampling "W0314" "Binary codes without oversampling."
    WastedOversampling "W0315" "Candidates fetched by code that are never scored again."
    Unused "W0316" "Something is defined and never used."
    SingleValue "W0411" "An axis with one value."
    DeadAxis "W0412" "An axis that changes no cell."
    SameAgain "W0413" "An added combination that the sweep has already."
    KnnRecallUndefined "W0511" "Recall against exact neighbours of a pipeline that searches no dense vector."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_well_formed_distinct_and_in_order() {
        let ids: Vec<&str> = Code::ALL.iter().map(|c| c.id()).collect();
        for id in &ids {
            assert!(
                id.len() == 5 && (id.starts_with('E') || id.starts_with('W')),
                "{id}"
            );
            assert!(id[1..].bytes().all(|b| b.is_ascii_digit()), "{id}");
        }
        assert!(ids.is_sorted(), "{ids:?}");
        let mut distinct = ids.clone();
        distinct.dedup();
        assert_eq!(distinct, ids);
    }
}
