//! The ontology: which part types there are, what they are called, what they do and by what their parts differ.
//!
//! It is written in `ontology/*.txt`, one block per type:
//!
//! ```text
//! == Category > Subcategory | typical mass in g | typical price in cents
//! * key: Name; Synonym; Trade name
//! axes: side=fr,lr; volt=12,24; pins=2,3; num=lead length,mm,640,780
//! kind: name=phrase=phrase; name=phrase        (designs; the phrases are for descriptions)
//! does: verb phrase | verb phrase
//! note: sentence | sentence
//! mass: g | cents                              (where the family's typical values are far off)
//! like: key, key                               (types that can stand in for it)
//! say: the need in everyday words | …
//! ```
//!
//! A subcategory is the *family* of the grading rule. `#` as unit means a count.

/// The text tables, in the order in which types are numbered.
const TABLES: [&str; 6] = [
    include_str!("ontology/chassis.txt"),
    include_str!("ontology/engine.txt"),
    include_str!("ontology/supply.txt"),
    include_str!("ontology/electrical.txt"),
    include_str!("ontology/body.txt"),
    include_str!("ontology/drive.txt"),
];

/// A type of part.
#[derive(Debug, Default)]
pub(crate) struct PartType {
    pub(crate) key: &'static str,
    pub(crate) category: &'static str,
    pub(crate) family: &'static str,
    /// Typical mass in grams.
    pub(crate) grams: usize,
    /// Typical price in cents.
    pub(crate) cents: usize,
    /// What it is called, in title case.
    pub(crate) names: Vec<&'static str>,
    /// Pairs of opposite positions: front/rear, left/right, …
    pub(crate) sides: Vec<[&'static str; 2]>,
    pub(crate) volts: Vec<&'static str>,
    pub(crate) pins: Vec<&'static str>,
    pub(crate) nums: Vec<Num>,
    pub(crate) designs: Vec<Design>,
    pub(crate) does: Vec<&'static str>,
    pub(crate) notes: Vec<&'static str>,
    /// Types that can stand in for it, both ways.
    pub(crate) like: Vec<usize>,
    pub(crate) say: Vec<&'static str>,
}

/// A dimension or rating that parts of a type differ in.
#[derive(Debug)]
pub(crate) struct Num {
    pub(crate) name: &'static str,
    /// `#` for a count.
    pub(crate) unit: &'static str,
    pub(crate) values: Vec<&'static str>,
}

/// A design that parts of a type differ in.
#[derive(Debug)]
pub(crate) struct Design {
    pub(crate) name: &'static str,
    pub(crate) phrases: Vec<&'static str>,
}

/// All part types. Panics on a table that is not as described above: the tables are part of the program.
pub(crate) fn load() -> Vec<PartType> {
    let mut types: Vec<PartType> = Vec::new();
    let mut likes = Vec::new();
    let (mut category, mut family, mut grams, mut cents) = ("", "", 0, 0);
    for line in TABLES.into_iter().flat_map(str::lines) {
        let line = line.trim();
        if let Some(head) = line.strip_prefix("== ") {
            let [name, mass, price] = parts::<3>(head, " | ");
            [category, family] = parts::<2>(name, " > ");
            grams = number(mass);
            cents = number(price);
        } else if let Some(head) = line.strip_prefix("* ") {
            let [key, names] = parts::<2>(head, ": ");
            types.push(PartType {
                key,
                category,
                family,
                grams,
                cents,
                names: names.split("; ").collect(),
                ..PartType::default()
            });
        } else if let Some((word, rest)) = line.split_once(": ") {
            let here = types.len() - 1;
            match word {
                "like" => likes.extend(rest.split(", ").map(|key| (here, key))),
                _ => types[here].read(word, rest),
            }
        }
    }
    for (a, key) in likes {
        let b = types
            .iter()
            .position(|t| t.key == key)
            .expect("`like` names a type");
        types[a].like.push(b);
        types[b].like.push(a);
    }
    types
}

impl PartType {
    fn read(&mut self, word: &str, rest: &'static str) {
        match word {
            "axes" => rest.split("; ").for_each(|axis| self.axis(axis)),
            "kind" => self.designs = rest.split("; ").map(design).collect(),
            "does" => self.does = rest.split(" | ").collect(),
            "note" => self.notes = rest.split(" | ").collect(),
            "mass" => {
                let [mass, price] = parts::<2>(rest, " | ");
                self.grams = number(mass);
                self.cents = number(price);
            }
            "say" => self.say = rest.split(" | ").collect(),
            _ => panic!("`{word}` is no word of the tables"),
        }
    }

    fn axis(&mut self, axis: &'static str) {
        let [name, values] = parts::<2>(axis, "=");
        let mut values = values.split(',');
        match name {
            "side" => self.sides = values.map(opposites).collect(),
            "volt" => self.volts = values.collect(),
            "pins" => self.pins = values.collect(),
            "num" => self.nums.push(Num {
                name: values.next().expect("a dimension has a name"),
                unit: values.next().expect("a dimension has a unit"),
                values: values.collect(),
            }),
            _ => panic!("`{name}` is no axis"),
        }
    }
}

fn opposites(code: &str) -> [&'static str; 2] {
    match code {
        "fr" => ["front", "rear"],
        "lr" => ["left", "right"],
        "ul" => ["upper", "lower"],
        "io" => ["inner", "outer"],
        _ => panic!("`{code}` is no pair of positions"),
    }
}

fn design(text: &'static str) -> Design {
    let mut parts = text.split('=');
    Design {
        name: parts.next().expect("a split has a first part"),
        phrases: parts.collect(),
    }
}

fn parts<const N: usize>(text: &'static str, separator: &str) -> [&'static str; N] {
    let parts: Vec<_> = text.splitn(N, separator).collect();
    let found = parts.len();
    parts
        .try_into()
        .unwrap_or_else(|_| panic!("`{text}`: {found} parts, expected {N}"))
}

fn number(text: &str) -> usize {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is no number"))
}

/// A decimal as thousandths: `14.2` → 14200. Comparing these needs no floats.
pub(crate) fn thousandths(decimal: &str) -> i64 {
    let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
    let fraction = format!("{fraction:0<3}");
    let parse = |digits: &str| digits.parse::<i64>().expect("values of dimensions are decimals");
    parse(whole) * 1000 + parse(&fraction)
}
