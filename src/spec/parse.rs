//! From text to [`Spec`]: the only module that names the YAML reader, with its children.

mod explain;
mod extensions;

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_saphyr::{Location, Options};

use super::{Diagnostic, Span, Spanned, Spec, Value};
use explain::explain;
use extensions::WithoutExtensions;

/// Reads a spec. `environment` is what `${NAME}` in plain values stands for.
///
/// # Errors
/// The first structural mistake: the reader stops there. Everything else is left to [`crate::plan`].
pub fn parse(text: &str, environment: &BTreeMap<String, String>) -> Result<Spec, Box<Diagnostic>> {
    document(text, environment)
}

/// Reads one YAML document; its top level is a map, whose `x-` keys are read over.
pub(super) fn document<T: DeserializeOwned>(
    text: &str,
    environment: &BTreeMap<String, String>,
) -> Result<T, Box<Diagnostic>> {
    let mut options = Options::default();
    options.with_snippet = false;
    options.strict_booleans = true;
    let variables = environment.iter().map(|(k, v)| (k.clone(), v.clone()));
    let options = options.with_properties(variables.collect());
    let read = |yaml: serde_saphyr::Deserializer<'_, '_>| T::deserialize(WithoutExtensions(yaml));
    serde_saphyr::with_deserializer_from_str_with_options(text, options, read)
        .map_err(|error| Box::new(explain(&error, text)))
}

/// Reads a single value as it would stand in a spec; it stands nowhere. `None` when it is no YAML.
pub fn parse_value(text: &str) -> Option<Value> {
    let mut options = Options::default();
    options.strict_booleans = true;
    let value: Value = serde_saphyr::from_str_with_options(text, options).ok()?;
    Some(value.without_places())
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let read = serde_saphyr::Spanned::<T>::deserialize(from)?;
        Ok(Spanned::new(
            read.value,
            span(read.defined).unwrap_or(Span::UNKNOWN),
        ))
    }
}

fn span(at: Location) -> Option<Span> {
    let start = usize::try_from(at.span().byte_offset()?).ok()?;
    let length = usize::try_from(at.span().byte_len()?).ok()?;
    Some(Span {
        start,
        end: start + length,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Code;

    const SPEC: &str = "
evalrun: 1
x-anything: [goes, { here: &limit 50 }]
experiment: demo
question: What is read?
data: parts
index: { vectors: { title: { text: title } } }
measure:
  seed: ${SEED:-42}
pipelines:
  dense:
    - dense: { as: d, vector: title, limit: *limit }
";

    fn seed(spec: &str, environment: &[(&str, &str)]) -> Result<u64, Code> {
        let environment = environment
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        let read = parse(spec, &environment).map_err(|d| d.code)?;
        Ok(read.measure.seed.unwrap().value)
    }

    #[test]
    fn variables_come_from_the_environment_that_is_handed_in() {
        assert_eq!(seed(SPEC, &[]), Ok(42));
        assert_eq!(seed(SPEC, &[("SEED", "7")]), Ok(7));
        assert_eq!(seed(SPEC, &[("SEED", "many")]), Err(Code::WrongType));
        assert_eq!(seed(&SPEC.replace(":-42", ""), &[]), Err(Code::UnsetVariable));
    }

    #[test]
    fn an_aliased_value_stands_where_it_is_written() {
        let spec = parse(SPEC, &BTreeMap::new()).unwrap();
        let Some(super::super::ShortOr::Short(stages)) = spec.pipelines.value.get("dense") else {
            panic!("a list of stages");
        };
        let super::super::pipelines::StageSpec::Dense(dense) = &stages[0].value.0 else {
            panic!("a dense stage");
        };
        let limit = dense.limit.as_ref().unwrap();
        assert_eq!(limit.value, 50);
        assert_eq!(&SPEC[limit.span.start..limit.span.end], "50");
    }

    #[test]
    fn x_keys_are_a_matter_of_the_top_level_only() {
        let nested = SPEC.replace("measure:", "measure:\n  x-note: 1");
        assert_eq!(seed(&nested, &[]), Err(Code::UnknownKey));
    }
}
