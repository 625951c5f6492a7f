//! A part of the catalogue: its facts, and where its text states them.

use serde_json::{Map, Value};

use super::ontology::PartType;

/// A part.
#[derive(Debug, Clone, Default)]
pub(crate) struct Part {
    pub(crate) id: String,
    /// Index of its type.
    pub(crate) of: usize,
    /// One word for each pair of positions that its type has.
    pub(crate) sides: Vec<&'static str>,
    pub(crate) volt: Option<&'static str>,
    pub(crate) pins: Option<&'static str>,
    /// For each dimension of its type the value, if the part gives one.
    pub(crate) nums: Vec<Option<&'static str>>,
    /// Index of its design.
    pub(crate) design: Option<usize>,
    pub(crate) brand: usize,
    pub(crate) line: Option<&'static str>,
    /// Model, first and last year.
    pub(crate) fits: Vec<(usize, u32, u32)>,
    /// Index of its feature.
    pub(crate) feature: Option<usize>,
    pub(crate) certs: Vec<&'static str>,
    pub(crate) number: String,
    /// Numbers of others for an equal part: other brands' and the vehicle maker's.
    pub(crate) crosses: Vec<String>,
    /// Numbers that this one replaces.
    pub(crate) old: Vec<String>,
    pub(crate) cents: usize,
    pub(crate) stock: usize,
    pub(crate) grams: usize,
    pub(crate) title: String,
    pub(crate) description: String,
    /// What the title states, and what the description does.
    pub(crate) in_title: Vec<Fact>,
    pub(crate) in_description: Vec<Fact>,
    /// Its metadata.
    pub(crate) payload: Map<String, Value>,
    /// Seed of the choice of words; parts with the same seed and facts have the same description.
    pub(crate) wording: u64,
}

/// A fact that a text can state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fact {
    Sides,
    Volt,
    Pins,
    Num(usize),
    Design,
    Brand,
    Line,
    Fits,
    Feature,
    Certs,
    Crosses,
    Old,
}

impl Part {
    /// Every fact the part has, except numbers of other parts, which a text may leave out.
    pub(crate) fn facts(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        let mut add = |has: bool, fact| {
            if has {
                facts.push(fact);
            }
        };
        add(!self.sides.is_empty(), Fact::Sides);
        add(self.volt.is_some(), Fact::Volt);
        add(self.pins.is_some(), Fact::Pins);
        for (i, value) in self.nums.iter().enumerate() {
            add(value.is_some(), Fact::Num(i));
        }
        add(self.design.is_some(), Fact::Design);
        add(true, Fact::Brand);
        add(self.line.is_some(), Fact::Line);
        add(!self.fits.is_empty(), Fact::Fits);
        add(self.feature.is_some(), Fact::Feature);
        add(!self.certs.is_empty(), Fact::Certs);
        facts
    }

    /// Every number under which it can be asked for, besides its own.
    pub(crate) fn listed(&self) -> impl Iterator<Item = &String> {
        self.crosses.iter().chain(&self.old)
    }

    /// The name of its design.
    pub(crate) fn design_name(&self, types: &[PartType]) -> Option<&'static str> {
        self.design.map(|d| types[self.of].designs[d].name)
    }

    /// The positions as one text: `front left`.
    pub(crate) fn position(&self) -> String {
        self.sides.join(" ")
    }
}
