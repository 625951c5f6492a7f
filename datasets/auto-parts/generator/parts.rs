//! The catalogue: groups of interchangeable parts, and for many of them twins that differ in one value.

use std::collections::{HashMap, HashSet};

use super::brands::{self, BRANDS, normal};
use super::features::{FEATURES, certifications};
use super::ontology::PartType;
use super::part::{Fact, Part};
use super::rng::Rng;
use super::text;
use super::vehicles::{MAKES, MODELS};
use super::write;

const SEED: u64 = 0x5eed_0001;

/// All parts, in an order that says nothing about them, with ids `p0001` and up.
pub(crate) fn build(types: &[PartType]) -> Vec<Part> {
    let mut builder = Builder {
        types,
        rng: Rng::new(SEED),
        parts: Vec::new(),
        titles: HashSet::new(),
        descriptions: HashSet::new(),
        numbers: HashSet::new(),
        serials: HashMap::new(),
    };
    for of in 0..types.len() {
        let wanted = builder.parts.len() + 16 + builder.rng.below(7);
        while builder.parts.len() < wanted {
            builder.group(of);
        }
    }
    let Builder {
        mut parts, mut rng, ..
    } = builder;
    rng.shuffle(&mut parts);
    for (i, part) in parts.iter_mut().enumerate() {
        part.id = format!("p{:04}", i + 1);
        part.payload = write::payload(part, types);
    }
    parts
}

struct Builder<'a> {
    types: &'a [PartType],
    rng: Rng,
    parts: Vec<Part>,
    /// Titles without digits: no two titles differ in a number only.
    titles: HashSet<String>,
    descriptions: HashSet<String>,
    /// Normal forms of all numbers given out.
    numbers: HashSet<String>,
    /// The last running number of each pattern and type.
    serials: HashMap<(&'static str, usize), usize>,
}

impl Builder<'_> {
    /// A part with its equals from other brands, its predecessor, and its twins.
    fn group(&mut self, of: usize) {
        let base = self.facts(of);
        let mut group = vec![base.clone()];
        if self.rng.chance(45) {
            for _ in 0..1 + self.rng.below(2) {
                group.push(self.equal(&base));
            }
        }
        if self.rng.chance(20) {
            group.push(self.predecessor(&base));
        }
        self.refer(&mut group);
        let written: Vec<Part> = group.into_iter().filter_map(|part| self.finish(part)).collect();
        self.parts.extend(written.iter().cloned());
        for percent in [60, 25] {
            let twin = self.rng.chance(percent).then(|| self.twin(written.first()?));
            self.parts.extend(twin.flatten());
        }
    }

    /// Facts without numbers and texts.
    fn facts(&mut self, of: usize) -> Part {
        let rng = &mut self.rng;
        let of_type = &self.types[of];
        let mut part = Part {
            of,
            brand: brand(of_type.category, rng),
            ..Part::default()
        };
        part.sides = of_type.sides.iter().map(|pair| rng.pick(pair)).collect();
        part.volt = (!of_type.volts.is_empty()).then(|| rng.pick(&of_type.volts));
        part.pins = (!of_type.pins.is_empty() && rng.chance(80)).then(|| rng.pick(&of_type.pins));
        for (i, num) in of_type.nums.iter().enumerate() {
            let value = rng.chance([92, 50][i]).then(|| rng.pick(&num.values));
            part.nums.push(value);
        }
        let designs = of_type.designs.len();
        part.design = (designs > 0 && rng.chance(75)).then(|| rng.below(designs));
        if of_type.category != "Fluids and Care" && rng.chance(65) {
            for _ in 0..1 + usize::from(rng.chance(30)) {
                part.fits.push(fit(rng));
            }
            part.fits.dedup_by_key(|f| f.0);
        }
        self.dress(&mut part);
        part
    }

    /// What a brand adds to a part: line, certificates, a feature, price, mass and stock.
    fn dress(&mut self, part: &mut Part) {
        let rng = &mut self.rng;
        let of = &self.types[part.of];
        part.line = rng.chance(35).then(|| rng.pick(BRANDS[part.brand].lines));
        let suitable: Vec<usize> = (0..FEATURES.len())
            .filter(|&f| FEATURES[f].categories.is_empty() || FEATURES[f].categories.contains(&of.category))
            .collect();
        part.feature = rng.chance(60).then(|| rng.pick(&suitable));
        let certs = certifications(of.category);
        part.certs.clear();
        for (cert, percent) in certs.iter().zip([40, 15, 8]) {
            if rng.chance(percent) {
                part.certs.push(cert);
            }
        }
        let spread = Rng::new(part.of as u64).below(160);
        part.grams = (of.grams * (40 + spread) / 100 * (85 + rng.below(31)) / 100).max(5);
        part.cents = of.cents * (45 + spread / 2 + rng.below(90)) / 100 / 5 * 5;
        part.stock = match rng.below(100) {
            0..15 => 0,
            15..45 => 1 + rng.below(20),
            45..80 => 21 + rng.below(180),
            _ => 201 + rng.below(1800),
        };
    }

    /// The same part from another brand.
    fn equal(&mut self, base: &Part) -> Part {
        let mut part = base.clone();
        while part.brand == base.brand {
            part.brand = brand(self.types[base.of].category, &mut self.rng);
        }
        self.dress(&mut part);
        part
    }

    /// An older part of the same brand that the base replaces, sold off.
    fn predecessor(&mut self, base: &Part) -> Part {
        let mut part = base.clone();
        self.dress(&mut part);
        part.stock = self.rng.below(4);
        part
    }

    /// Gives the parts of a group their numbers and references to each other's.
    fn refer(&mut self, group: &mut [Part]) {
        for part in group.iter_mut() {
            part.number = self.number(part.brand, part.of);
        }
        let base = group[0].clone();
        let original = base.fits.first().filter(|_| self.rng.chance(60)).map(|fit| fit.0);
        let original = original.map(|model| self.original(model, base.of));
        let numbers: Vec<(usize, String)> = group.iter().map(|p| (p.brand, p.number.clone())).collect();
        for part in group.iter_mut() {
            let others = numbers.iter().filter(|(brand, _)| *brand != part.brand);
            for (_, number) in others {
                if self.rng.chance(80) {
                    part.crosses.push(number.clone());
                }
            }
            if let Some(number) = original.as_ref().filter(|_| self.rng.chance(85)) {
                part.crosses.push(number.clone());
            }
            self.rng.shuffle(&mut part.crosses);
        }
        let older = numbers[1..].iter().find(|(brand, _)| *brand == base.brand);
        group[0].old.extend(older.map(|(_, number)| number.clone()));
        if self.rng.chance(35) {
            let number = self.number(base.brand, base.of);
            group[0].old.push(number);
        }
    }

    /// A part that differs from `base` in one stated value, with a number that differs in one character.
    fn twin(&mut self, base: &Part) -> Option<Part> {
        let mut part = base.clone();
        let candidates: Vec<Fact> = base.in_description.iter().copied().filter(flippable).collect();
        if candidates.is_empty() {
            return None;
        }
        let fact = self.rng.pick(&candidates);
        flip(&mut part, fact, &self.types[base.of], &mut self.rng)?;
        part.cents += 5 * (1 + self.rng.below(40));
        part.stock = self.rng.below(300);
        part.number = self.neighbour(&base.number)?;
        for list in [&mut part.crosses, &mut part.old] {
            for number in list.iter_mut() {
                *number = neighbour(number, &mut self.rng, &mut self.numbers)?;
            }
        }
        part.description = text::description(&part, self.types)?;
        if !self.descriptions.insert(part.description.clone()) {
            return None;
        }
        for extra in [None, Some(Fact::Brand), Some(Fact::Fits), Some(Fact::Design)] {
            let facts = part.facts();
            let addable = |f: &Fact| facts.contains(f) && !part.in_title.contains(f);
            let extra: Vec<Fact> = extra.into_iter().filter(addable).collect();
            part.in_title.extend(extra);
            if self.entitle(&mut part, 12) {
                return Some(part);
            }
        }
        None
    }

    /// Decides what the title says and what the description, and writes both.
    fn finish(&mut self, mut part: Part) -> Option<Part> {
        for _ in 0..60 {
            self.arrange(&mut part);
            part.wording = self.rng.next();
            let Some(description) = text::description(&part, self.types) else {
                continue;
            };
            if self.descriptions.contains(&description) || !self.entitle(&mut part, 3) {
                continue;
            }
            self.descriptions.insert(description.clone());
            part.description = description;
            return Some(part);
        }
        None
    }

    fn arrange(&mut self, part: &mut Part) {
        let rng = &mut self.rng;
        part.in_title.clear();
        part.in_description.clear();
        for fact in part.facts() {
            let percent = match fact {
                Fact::Line => 100,
                Fact::Sides => 50,
                Fact::Fits => 45,
                Fact::Design => 35,
                Fact::Brand => 25,
                Fact::Volt => 10,
                _ => 0,
            };
            let titled = rng.chance(percent);
            if titled {
                part.in_title.push(fact);
            }
            // A second model does not fit into the title.
            let needed = !titled || (fact == Fact::Fits && part.fits.len() > 1);
            if fact != Fact::Line && (needed || rng.chance(25)) {
                part.in_description.push(fact);
            }
        }
        for (list, fact) in [(&part.crosses, Fact::Crosses), (&part.old, Fact::Old)] {
            if !list.is_empty() && rng.chance(45) {
                part.in_description.push(fact);
            }
        }
    }

    /// A title that no other part has, not even with other digits.
    fn entitle(&mut self, part: &mut Part, tries: usize) -> bool {
        for _ in 0..tries {
            let title = text::title(part, self.types, &mut self.rng);
            let bare: String = title
                .to_lowercase()
                .chars()
                .filter(|c| !c.is_ascii_digit())
                .collect();
            if self.titles.insert(bare) {
                part.title = title;
                return true;
            }
        }
        false
    }

    /// The next number of a brand for a type.
    fn number(&mut self, brand: usize, of: usize) -> String {
        let pattern = self.rng.pick(BRANDS[brand].patterns);
        // Every brand numbers the types in its own way.
        let code = 100 + (of * 7 + brand * 61) % 900;
        self.next_in_series(pattern, code)
    }

    /// A vehicle maker's number for a type.
    fn original(&mut self, model: usize, of: usize) -> String {
        let make = MODELS[model].make;
        let code = 100 + (of * 11 + make * 83) % 900;
        self.next_in_series(MAKES[make].1, code)
    }

    fn next_in_series(&mut self, pattern: &'static str, code: usize) -> String {
        loop {
            let start = self.rng.below(100_000);
            let step = self.rng.pick(&[1, 1, 2, 3, 10, 20]);
            let serial = self.serials.entry((pattern, code)).or_insert(start);
            *serial += step;
            let number = brands::number(pattern, code, *serial, self.rng.below(6));
            if self.numbers.insert(normal(&number)) {
                return number;
            }
        }
    }

    fn neighbour(&mut self, number: &str) -> Option<String> {
        neighbour(number, &mut self.rng, &mut self.numbers)
    }
}

/// A number not yet given out that differs from `number` in one digit.
fn neighbour(number: &str, rng: &mut Rng, taken: &mut HashSet<String>) -> Option<String> {
    let digits: Vec<usize> = number
        .bytes()
        .enumerate()
        .filter(|(_, b)| b.is_ascii_digit())
        .map(|(i, _)| i)
        .collect();
    for _ in 0..40 {
        // One of the last three digits, as in a series.
        let from = digits.len().saturating_sub(3);
        let at = rng.pick(&digits[from..]);
        let mut other = number.to_owned();
        other.replace_range(at..=at, &rng.below(10).to_string());
        if taken.insert(normal(&other)) {
            return Some(other);
        }
    }
    None
}

fn brand(category: &str, rng: &mut Rng) -> usize {
    let weight = |b: &brands::Brand| {
        if b.strong.contains(&category) {
            4 * b.weight
        } else {
            b.weight
        }
    };
    let mut at = rng.below(BRANDS.iter().map(weight).sum());
    BRANDS
        .iter()
        .position(|b| {
            let here = at < weight(b);
            at = at.wrapping_sub(weight(b));
            here
        })
        .expect("the draw is below the sum of the weights")
}

fn fit(rng: &mut Rng) -> (usize, u32, u32) {
    let model = rng.below(MODELS.len());
    let (from, to) = rng.pick(MODELS[model].generations);
    // Running changes cut a year or two off a generation.
    (model, from + rng.below(3) as u32, to - rng.below(3) as u32)
}

fn flippable(fact: &Fact) -> bool {
    matches!(fact, Fact::Sides | Fact::Volt | Fact::Pins | Fact::Num(_))
}

/// Changes one value of `part`; `None` if there is no other.
fn flip(part: &mut Part, fact: Fact, of: &PartType, rng: &mut Rng) -> Option<()> {
    let mut other = |values: &[&'static str], now: Option<&'static str>| {
        let others: Vec<&'static str> = values.iter().copied().filter(|v| Some(*v) != now).collect();
        (!others.is_empty()).then(|| rng.pick(&others))
    };
    match fact {
        Fact::Volt => part.volt = Some(other(&of.volts, part.volt)?),
        Fact::Pins => part.pins = Some(other(&of.pins, part.pins)?),
        Fact::Num(i) => part.nums[i] = Some(other(&of.nums[i].values, part.nums[i])?),
        _ => {
            let at = rng.below(part.sides.len());
            let [a, b] = of.sides[at];
            part.sides[at] = if part.sides[at] == a { b } else { a };
        }
    }
    Some(())
}
