//! Sentences for facts that every part type can have. `{v}` is the value, `{V}` the same with a capital, `{n}` and
//! `{N}` the name of a dimension, `{u}` its unit.

pub(crate) const DOES: [&str; 13] = [
    "{V}.",
    "{V}.",
    "This {n} {v}.",
    "The {n} {v}.",
    "In service it {v}.",
    "Once installed, it {v}.",
    "Its task: it {v}.",
    "Replacement {n} that {v}.",
    "Spare {n}; {v}.",
    "New {n} which {v}.",
    "Direct replacement, {v}.",
    "Part that {v}.",
    "{N}: {v}.",
];

pub(crate) const SIDE: [&str; 12] = [
    "{V} position.",
    "Position: {v}.",
    "Installed {v}.",
    "For the {v} of the vehicle.",
    "{V} fitment only.",
    "Only suits the {v}.",
    "Fitting position {v}.",
    "Place of installation is {v}.",
    "Order this one for the {v}.",
    "{V} version.",
    "Belongs at the {v}.",
    "Mounting point {v}.",
];

pub(crate) const VOLT: [&str; 11] = [
    "Runs on {v} V.",
    "For {v} volt systems.",
    "Nominal voltage {v} V.",
    "{v} V supply.",
    "Made for the {v} V network.",
    "Rated {v} volts.",
    "Only for {v} V.",
    "Operating voltage: {v} V.",
    "Needs {v} volts.",
    "Electrical system {v} V.",
    "{v}-volt version.",
];

pub(crate) const PINS: [&str; 10] = [
    "{v}-pin connector.",
    "Plug with {v} contacts.",
    "Connector: {v} poles.",
    "{v}-way plug.",
    "{v} pins.",
    "Terminals: {v}.",
    "Number of contacts {v}.",
    "The plug has {v} pins.",
    "{v}-pole socket.",
    "Coded plug, {v} ways.",
];

pub(crate) const NUM: [&str; 10] = [
    "{N} {v} {u}.",
    "{N}: {v} {u}.",
    "{v} {u} {n}.",
    "With a {n} of {v} {u}.",
    "{N} is {v} {u}.",
    "The {n} is {v} {u}.",
    "{N} = {v} {u}.",
    "At {v} {u} {n}.",
    "Check the {n}: {v} {u}.",
    "{v} {u} in {n}.",
];

pub(crate) const COUNT: [&str; 5] = [
    "{v} {n}.",
    "{N}: {v}.",
    "With {v} {n}.",
    "{N} {v}.",
    "It has {v} {n}.",
];

pub(crate) const DESIGN: [&str; 8] = [
    "{V}.",
    "{V}.",
    "{V}.",
    "Design: {v}.",
    "Version: {v}.",
    "Execution: {v}.",
    "Build: {v}.",
    "Type: {v}.",
];

pub(crate) const FITS: [&str; 12] = [
    "Fits {v}.",
    "Suits {v}.",
    "For {v}.",
    "Application: {v}.",
    "Vehicle list: {v}.",
    "Made to measure for {v}.",
    "Matches {v}.",
    "Goes into {v}.",
    "Compatible with {v}.",
    "Used in {v}.",
    "Intended for {v}.",
    "Developed for {v}.",
];

pub(crate) const YEARS: [&str; 6] = [
    "{m} {a}-{b}",
    "{m} ({a} to {b})",
    "{m} from {a} to {b}",
    "{m}, {a}–{b}",
    "{a}-{b} {m}",
    "{m} built {a}-{b}",
];

pub(crate) const CERTS: [&str; 9] = [
    "Certified to {v}.",
    "{v} approved.",
    "Approvals: {v}.",
    "Meets {v}.",
    "Complies with {v}.",
    "With {v} certificate.",
    "{v}.",
    "Tested to {v}.",
    "Marked {v}.",
];

pub(crate) const BRAND: [&str; 6] = [
    "Made by {v}.",
    "{v} product.",
    "From {v}.",
    "Manufacturer: {v}.",
    "{v} branded.",
    "Supplied by {v}.",
];

pub(crate) const CROSS: [&str; 10] = [
    "Interchangeable with {v}.",
    "Cross-reference {v}.",
    "Equivalent to {v}.",
    "Comparison number {v}.",
    "Also listed as {v}.",
    "Same as {v}.",
    "Alternative to {v}.",
    "Reference {v}.",
    "OE no. {v}.",
    "Corresponds to {v}.",
];

pub(crate) const OLD: [&str; 9] = [
    "Replaces {v}.",
    "Supersedes {v}.",
    "Successor of {v}.",
    "Formerly {v}.",
    "Old number {v}.",
    "Takes the place of {v}.",
    "Previously sold as {v}.",
    "{v} is discontinued; order this instead.",
    "Predecessor: {v}.",
];

pub(crate) const FILL: [&str; 28] = [
    "Checked before dispatch.",
    "Ships the same working day.",
    "Packed in a carton.",
    "Instructions enclosed.",
    "Follow the maker's repair manual.",
    "Have it installed by a specialist.",
    "Compare the picture before ordering.",
    "Please check the type plate.",
    "Dimensions follow the original.",
    "Equal to first equipment.",
    "Quality as in series production.",
    "Two-year guarantee.",
    "Sold singly.",
    "Batch traceable.",
    "Technical changes reserved.",
    "Reusable packaging.",
    "Drawing available on request.",
    "Stocked in the central warehouse.",
    "Sample photo.",
    "Returns accepted unopened.",
    "Bar code on the label.",
    "Colour may differ.",
    "Dealers ask for terms.",
    "Part of a modular range.",
    "Known from independent workshops.",
    "Developed with vehicle makers.",
    "Workshop favourite.",
    "Keep the invoice.",
];

/// `template` with its slots filled in.
pub(crate) fn fill(template: &str, v: &str, n: &str, u: &str) -> String {
    template
        .replace("{V}", &capital(v))
        .replace("{v}", v)
        .replace("{N}", &capital(n))
        .replace("{n}", n)
        .replace("{u}", u)
}

/// The text with its first letter in upper case.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The text with its first letter in lower case, unless its first word is an abbreviation (`LED`, `DC/DC`, `mV`).
pub(crate) fn small(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or("").trim_end_matches('-');
    let abbreviation = first
        .chars()
        .skip(1)
        .any(|c| c.is_uppercase() || c.is_ascii_digit())
        || first.len() < 2;
    if abbreviation {
        return text.to_owned();
    }
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// A name in title case as it stands inside a sentence: `ABS Sensor` → `ABS sensor`.
pub(crate) fn lower_name(name: &str) -> String {
    name.split_inclusive([' ', '-']).map(small).collect()
}
