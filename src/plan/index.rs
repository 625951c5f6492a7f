//! From the index as written to the index that is built.

use std::collections::BTreeMap;

use super::data::DataSet;
use super::findings::Findings;
use super::numbers::{at_least, count, out_of_range, within};
use super::sources::check_name;
use crate::index::binary::{BinaryParams, BinaryQuery};
use crate::pipeline::{Bits, CodeConfig, Graph, IndexConfig, Quantization, ServerCodes, VectorConfig};
use crate::spec::index::{BinaryQuerySpec, GraphSpec, HnswSpec, IndexSpec, QuantizationSpec, VectorSpec};
use crate::spec::suggest::{instead, quoted};
use crate::spec::{Code, Diagnostic, OneOrMany, ShortOr, Span, Spanned};
use crate::suggest::closest;

/// BM25's usual parameters (Robertson and Zaragoza 2009, section 3.5).
const BM25_K1: f64 = 1.2;
const BM25_B: f64 = 0.75;

/// The index that is built, every default filled in.
pub(super) fn config(
    written: &IndexSpec,
    vectors: &BTreeMap<String, VectorConfig>,
    seed: u64,
    findings: &mut Findings,
) -> IndexConfig {
    let payload = written.payload.iter().flat_map(|p| p.items());
    let mut payload: Vec<String> = payload.map(|(field, _)| field.clone()).collect();
    payload.sort_unstable();
    payload.dedup();
    let (quantization, codes) = quantization(written, findings);
    IndexConfig {
        vectors: vectors.clone(),
        graph: graph(written, findings),
        quantization,
        codes,
        payload,
        on_disk: written.on_disk.as_ref().is_some_and(|o| o.value),
        seed,
    }
}

fn graph(written: &IndexSpec, findings: &mut Findings) -> Graph {
    let Some(graph) = &written.graph else {
        return Graph::Exact;
    };
    let mut settings = |written: &HnswSpec| {
        let m = at_least(written.m.as_ref(), 2, 16, "m", findings);
        let ef_construct = count(written.ef_construct.as_ref(), 128, "ef_construct", findings);
        (m, ef_construct)
    };
    match &graph.value.0 {
        GraphSpec::Exact(_) => Graph::Exact,
        GraphSpec::Hnsw(written) => {
            let (m, ef_construct) = settings(written);
            Graph::Hnsw { m, ef_construct }
        }
        GraphSpec::HnswRs(written) => {
            let (m, ef_construct) = settings(written);
            Graph::HnswRs { m, ef_construct }
        }
    }
}

fn quantization(written: &IndexSpec, findings: &mut Findings) -> (Quantization, CodeConfig) {
    let mut codes = CodeConfig::default();
    let quantization = match written.quantization.as_ref().map(|q| &q.value.0) {
        None | Some(QuantizationSpec::None(_)) => Quantization::None,
        Some(QuantizationSpec::Binary(binary)) => {
            let query = binary.query.as_ref().map(|q| q.value);
            codes.binary = BinaryParams {
                centred: binary.centred.as_ref().is_some_and(|c| c.value),
                query: match query {
                    Some(BinaryQuerySpec::FourBits) => BinaryQuery::FourBits,
                    None | Some(BinaryQuerySpec::Bits | BinaryQuerySpec::EightBits) => BinaryQuery::Bits,
                },
            };
            codes.server = ServerCodes {
                bits: bits(binary.bits.as_ref(), &Bits::ALL[..3], findings).filter(|b| *b != Bits::One),
                eight_bit_query: query == Some(BinaryQuerySpec::EightBits),
                compression: 0,
            };
            Quantization::Binary
        }
        Some(QuantizationSpec::Scalar(scalar)) => {
            codes.quantile = within(
                scalar.quantile.as_ref(),
                codes.quantile,
                "quantile",
                "above 0 and at most 1",
                |q| q > 0.0 && q <= 1.0,
                findings,
            );
            Quantization::Scalar
        }
        Some(QuantizationSpec::Product(product)) => {
            codes.server.compression = compression(product.compression.as_ref(), findings);
            Quantization::Product
        }
        Some(QuantizationSpec::Turbo(turbo)) => {
            codes.server.bits = bits(turbo.bits.as_ref(), &Bits::ALL, findings).filter(|b| *b != Bits::Four);
            Quantization::Turbo
        }
    };
    (quantization, codes)
}

/// The written number of bits, if it is one of `known`.
fn bits(written: Option<&Spanned<f64>>, known: &[(f64, Bits)], findings: &mut Findings) -> Option<Bits> {
    let written = written?;
    let found = known.iter().find(|(n, _)| n.total_cmp(&written.value).is_eq());
    if found.is_none() {
        let names: Vec<&str> = known.iter().map(|(_, b)| b.name()).collect();
        findings.push(out_of_range(
            "bits",
            written,
            &format!("one of {}", names.join(", ")),
        ));
    }
    found.map(|(_, bits)| *bits)
}

/// What product codes may be: as the servers have it.
fn compression(written: Option<&Spanned<u32>>, findings: &mut Findings) -> u32 {
    const USUAL: u32 = 16;
    match written {
        None => USUAL,
        Some(written) if [4, 8, 16, 32, 64].contains(&written.value) => written.value,
        Some(written) => {
            findings.push(out_of_range("compression", written, "one of 4, 8, 16, 32, 64"));
            USUAL
        }
    }
}

/// The named vectors; no axis changes them.
pub(super) fn vectors(
    written: &IndexSpec,
    data: &[DataSet],
    findings: &mut Findings,
) -> BTreeMap<String, VectorConfig> {
    if written.vectors.value.0.is_empty() {
        let diagnostic = Diagnostic::new(Code::Nothing, "the index has no vector");
        findings.push(diagnostic.at(written.vectors.span, "define at least one"));
    }
    let mut vectors = BTreeMap::new();
    for (name, vector) in written.vectors.value.iter() {
        check_name("vector", name, findings);
        let config = match &vector.0 {
            VectorSpec::Text(text) => VectorConfig::Dense {
                text: fields(&text.value, text.span, data, findings),
            },
            VectorSpec::Late(text) => VectorConfig::Late {
                text: fields(&text.value, text.span, data, findings),
            },
            VectorSpec::Precomputed(given) => precomputed(given, data, findings),
            VectorSpec::Bm25(bm25) => match &bm25.value {
                ShortOr::Short(text) => VectorConfig::Bm25 {
                    text: fields(text, bm25.span, data, findings),
                    k1: BM25_K1 as f32,
                    b: BM25_B as f32,
                },
                ShortOr::Long(long) => VectorConfig::Bm25 {
                    text: fields(&long.text.value, long.text.span, data, findings),
                    k1: within(
                        long.k1.as_ref(),
                        BM25_K1,
                        "k1",
                        "0 or more",
                        |k1| k1 >= 0.0,
                        findings,
                    ) as f32,
                    b: within(
                        long.b.as_ref(),
                        BM25_B,
                        "b",
                        "0 to 1",
                        |b| (0.0..=1.0).contains(&b),
                        findings,
                    ) as f32,
                },
            },
        };
        vectors.insert(name.value.clone(), config);
    }
    vectors
}

/// Vectors that every data set has to bring.
fn precomputed(given: &Spanned<String>, data: &[DataSet], findings: &mut Findings) -> VectorConfig {
    for source in data {
        let known = source.source.kind.vectors();
        if known.contains(&given.value.as_str()) {
            continue;
        }
        let (data, name) = (&source.source.name, &given.value);
        let (title, label) = match known.is_empty() {
            true => (
                format!("data set `{data}` brings no vectors"),
                "give it `vectors`, or make them of its texts with `text:`".to_owned(),
            ),
            false => (
                format!("data set `{data}` brings no vectors called `{name}`"),
                instead(name, known),
            ),
        };
        findings.push(Diagnostic::new(Code::UnknownVector, title).at(given.span, label));
    }
    let name = given.value.clone();
    VectorConfig::Precomputed { name }
}

/// Names of text fields, held against what the data sets show.
pub(super) fn fields(
    written: &OneOrMany<String>,
    span: Span,
    data: &[DataSet],
    findings: &mut Findings,
) -> Vec<String> {
    if written.0.is_empty() {
        findings.push(Diagnostic::new(Code::Nothing, "no text field").at(span, "name at least one"));
    }
    for (field, span) in written.items(span) {
        for source in data
            .iter()
            .filter(|s| !s.fields.is_empty() && !s.fields.contains(field))
        {
            let known = || source.fields.iter().map(String::as_str);
            let label = match closest(field, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it has {}", quoted(known())),
            };
            let title = format!(
                "the first documents of `{}` have no text field `{field}`",
                source.source.name
            );
            findings.push(Diagnostic::new(Code::FieldUnseen, title).at(span, label));
        }
    }
    written.0.iter().map(|field| field.value.clone()).collect()
}
