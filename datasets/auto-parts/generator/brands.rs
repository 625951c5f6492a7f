//! Invented manufacturers with their product lines and the patterns of their part numbers.

/// A manufacturer.
#[derive(Debug)]
pub(crate) struct Brand {
    pub(crate) name: &'static str,
    /// How often it is drawn, relative to the others.
    pub(crate) weight: usize,
    /// Categories in which it is drawn four times as often.
    pub(crate) strong: &'static [&'static str],
    /// Product lines; they are named in titles only.
    pub(crate) lines: &'static [&'static str],
    /// `#` is a digit of a running number, `%` a digit of the part type's code, `@` a letter; the rest is literal.
    pub(crate) patterns: &'static [&'static str],
}

const fn brand(
    name: &'static str,
    weight: usize,
    strong: &'static [&'static str],
    lines: &'static [&'static str],
    patterns: &'static [&'static str],
) -> Brand {
    Brand {
        name,
        weight,
        strong,
        lines,
        patterns,
    }
}

pub(crate) const BRANDS: [Brand; 14] = [
    brand(
        "Brakvist",
        9,
        &["Braking", "Chassis"],
        &["Quietline", "Alpenstop", "Fleetmark"],
        &["BV-%%%-####", "BV %%% ####@", "7%%%.####.0#"],
    ),
    brand(
        "Elmeric",
        12,
        &["Electrical", "Lighting", "Safety"],
        &["Brightway", "Corepower", "Protex"],
        &["EL%%%####", "0 %%% #0# ###", "EL-%%%.###@"],
    ),
    brand(
        "Pentarro",
        8,
        &["Engine", "Fuel and Emissions"],
        &["Endura", "Purestream"],
        &["P%%%-##-###", "PT%%%####@", "1%%%###@@"],
    ),
    brand(
        "Voltanis",
        6,
        &["Electric Drive", "Electrical"],
        &["Ampera-S", "Gridline", "Pulse"],
        &["VN.%%%.####", "VN%%%@###"],
    ),
    brand(
        "Karsholm",
        9,
        &["Chassis", "Drivetrain"],
        &["Nordpath", "Tracksure", "Fjellgrip"],
        &["KH%%%####@", "KH-%%%-###-@", "33.%%%-####"],
    ),
    brand(
        "Mirabek",
        7,
        &["Body", "Lighting"],
        &["Clearview", "Silhouette"],
        &["MB/%%%/####", "MB%%%.###.@", "8@%%%###-##"],
    ),
    brand(
        "Suvantek",
        5,
        &["Driver Assistance", "Safety", "Electric Drive"],
        &["Sentra-View", "Guardian"],
        &["SVT-%%%##-##", "SVT%%%#####"],
    ),
    brand(
        "Orlindo",
        7,
        &["Interior and Accessories", "Body"],
        &["Comfortia", "Wanderer", "Everyday"],
        &["OR %%%.###", "OR%%%-####-@"],
    ),
    brand(
        "Thermiq",
        8,
        &["Thermal", "Fluids and Care"],
        &["Coolstream", "Polar Edge"],
        &["TQ%%%-####", "TQ-%%%###@", "9%%% ### ###"],
    ),
    brand(
        "Duravane",
        10,
        &["Engine", "Drivetrain", "Thermal"],
        &["Workhorse", "Longhaul", "Baseline"],
        &["DV%%%####", "DV %%%-###-##", "D%%%@####"],
    ),
    brand(
        "Gantrel",
        6,
        &["Engine", "Electrical"],
        &["Precisia", "Primefit"],
        &["G%%%.##.####", "GT-%%%-####@", "2%%%####"],
    ),
    brand(
        "Ryvane",
        5,
        &["Braking", "Fluids and Care"],
        &["Apex", "Circuit Pro"],
        &["RV%%%-@####", "RV/%%%.####"],
    ),
    brand(
        "Ostrell Parts",
        4,
        &["Fuel and Emissions", "Braking"],
        &["Secondlife", "Valuefit"],
        &["OP-%%%####", "OP%%%###X@"],
    ),
    brand(
        "Lumehra",
        3,
        &["Lighting"],
        &["Nightarc", "Whitebeam"],
        &["LM%%%###@", "L.%%%.##.###"],
    ),
];

/// The series of numbers out of which a part number is made: `pattern` with the type's code filled in, and the
/// running number `serial` in place of `#`, from the right; letters follow from `letter`.
pub(crate) fn number(pattern: &str, code: usize, mut serial: usize, letter: usize) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHKLMNPRSTVWXZ";
    let mut code = format!("{code:03}").into_bytes();
    let mut out = Vec::new();
    // From the right, so that neighbours in a series differ in their last digits.
    for c in pattern.bytes().rev() {
        out.push(match c {
            b'#' => {
                let digit = b'0' + (serial % 10) as u8;
                serial /= 10;
                digit
            }
            b'%' => code.pop().unwrap_or(b'0'),
            b'@' => LETTERS[letter % LETTERS.len()],
            literal => literal,
        });
    }
    out.reverse();
    String::from_utf8(out).expect("patterns are ASCII")
}

/// A number without what people write differently: letters in upper case and digits alone.
pub(crate) fn normal(number: &str) -> String {
    let kept = number.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|c| c.to_ascii_uppercase()).collect()
}
