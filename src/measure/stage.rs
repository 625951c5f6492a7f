//! A measure read somewhere along the pipeline.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Measure, ParseMeasureError};

/// A measure read at a stage of the pipeline: `f:R@100`; without a stage it is read from the final answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StageMeasure {
    /// Name of the stage.
    pub stage: Option<String>,
    /// What is read there.
    pub measure: Measure,
}

impl FromStr for StageMeasure {
    type Err = ParseMeasureError;

    fn from_str(text: &str) -> Result<Self, ParseMeasureError> {
        // A colon inside parentheses belongs to the measure: `nDCG(gains={1:1,2:3})@10`.
        let (stage, measure) = match text.split_once(':') {
            Some((stage, measure)) if !stage.contains('(') => (Some(stage.trim()), measure),
            _ => (None, text),
        };
        if stage == Some("") {
            return Err(ParseMeasureError::Malformed(text.to_owned()));
        }
        let measure = measure.parse().map_err(|error| match (error, stage) {
            (ParseMeasureError::Unknown { name, suggestion }, Some(stage)) => ParseMeasureError::Unknown {
                name,
                suggestion: suggestion.map(|measure| format!("{stage}:{measure}")),
            },
            (error, _) => error,
        })?;
        let stage = stage.map(str::to_owned);
        Ok(Self { stage, measure })
    }
}

impl fmt::Display for StageMeasure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(stage) = &self.stage {
            write!(f, "{stage}:")?;
        }
        self.measure.fmt(f)
    }
}

impl TryFrom<String> for StageMeasure {
    type Error = ParseMeasureError;

    fn try_from(text: String) -> Result<Self, ParseMeasureError> {
        text.parse()
    }
}

impl From<StageMeasure> for String {
    fn from(measure: StageMeasure) -> Self {
        measure.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_may_stand_before_a_measure() {
        let at_stage: StageMeasure = "f:R@100".parse().unwrap();
        assert_eq!(at_stage.stage.as_deref(), Some("f"));
        assert_eq!(at_stage.to_string(), "f:R@100");
        let last: StageMeasure = "ndcg_cut_10".parse().unwrap();
        assert_eq!((last.stage, last.measure.to_string().as_str()), (None, "nDCG@10"));
        let gains: StageMeasure = "f:nDCG(gains={1:1,2:3})@10".parse().unwrap();
        assert_eq!(
            (gains.stage.as_deref(), gains.to_string().as_str()),
            (Some("f"), "f:nDCG(gains={1:1,2:3})@10")
        );
        let gains: StageMeasure = "nDCG(gains={1:1,2:3})@10".parse().unwrap();
        assert_eq!(gains.stage, None);
        assert!(":R@100".parse::<StageMeasure>().is_err());
        let misspelt = "f:nDGC@10".parse::<StageMeasure>().unwrap_err();
        assert_eq!(misspelt.suggestion(), Some("f:nDCG@10"));
    }

    #[test]
    fn in_json_it_is_its_name() {
        let at_stage: StageMeasure = "f:R@100".parse().unwrap();
        let json = serde_json::to_string(&at_stage).unwrap();
        assert_eq!(json, r#""f:R@100""#);
        assert_eq!(serde_json::from_str::<StageMeasure>(&json).unwrap(), at_stage);
    }
}
