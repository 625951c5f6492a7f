//! Fields of use and properties that titles never name: only the description tells.

/// A property, how descriptions put it and how people ask for it.
#[derive(Debug)]
pub(crate) struct Feature {
    /// Categories it occurs in; none means all.
    pub(crate) categories: &'static [&'static str],
    pub(crate) told: &'static [&'static str],
    pub(crate) asked: &'static [&'static str],
}

const fn feature(
    categories: &'static [&'static str],
    told: &'static [&'static str],
    asked: &'static [&'static str],
) -> Feature {
    Feature {
        categories,
        told,
        asked,
    }
}

pub(crate) const FEATURES: [Feature; 26] = [
    feature(
        &["Braking", "Chassis", "Lighting", "Body", "Electrical"],
        &[
            "Right-hand-drive vehicles only.",
            "Made for markets where the steering wheel sits on the right.",
            "RHD version.",
        ],
        &["for right-hand drive", "for RHD"],
    ),
    feature(
        &["Engine", "Electrical", "Fuel and Emissions"],
        &[
            "Released for start-stop systems.",
            "Laid out for the many restarts of idle-stop.",
            "Endures 300,000 restarts.",
        ],
        &["for start-stop engines", "with idle-stop"],
    ),
    feature(
        &["Braking", "Chassis", "Thermal", "Drivetrain", "Body"],
        &[
            "Rated for trailer operation.",
            "Chosen for vehicles that pull a caravan.",
            "Towing package.",
        ],
        &["for towing", "for pulling a trailer"],
    ),
    feature(
        &[
            "Braking",
            "Chassis",
            "Body",
            "Electrical",
            "Fuel and Emissions",
            "Lighting",
        ],
        &[
            "Zinc-nickel plated against road salt.",
            "Passed 480 hours of salt spray.",
            "Coated for coastal climates.",
        ],
        &["resistant to road salt", "that does not corrode by the sea"],
    ),
    feature(
        &[],
        &[
            "Released for taxi and courier duty.",
            "Meant for high-mileage fleets.",
            "Extended life for commercial fleets.",
        ],
        &["for taxi fleets", "for high mileage fleet vehicles"],
    ),
    feature(
        &[
            "Braking",
            "Chassis",
            "Engine",
            "Body",
            "Drivetrain",
            "Lighting",
            "Safety",
        ],
        &[
            "New bolts and washers are in the box.",
            "Fixing hardware included.",
            "Complete with fasteners.",
        ],
        &["with fixing hardware", "bolts included"],
    ),
    feature(
        &["Braking", "Chassis", "Body", "Lighting"],
        &[
            "Sold in pairs.",
            "The box holds two pieces.",
            "Packed as a set of two.",
        ],
        &["sold as a pair", "set of two"],
    ),
    feature(
        &["Chassis", "Drivetrain", "Engine"],
        &[
            "Lubricated for life.",
            "Needs no greasing.",
            "Maintenance-free sealing.",
        ],
        &["maintenance free", "that never needs grease"],
    ),
    feature(
        &["Fuel and Emissions", "Engine"],
        &[
            "Seals tolerate ethanol blends up to E85.",
            "Flex-fuel resistant.",
            "Suited to bioethanol.",
        ],
        &["for E85 ethanol", "for flex fuel"],
    ),
    feature(
        &["Fuel and Emissions", "Engine"],
        &[
            "Approved for engines converted to LPG.",
            "Autogas approved.",
            "For gas conversions.",
        ],
        &["for LPG conversion", "for autogas"],
    ),
    feature(
        &["Electrical", "Thermal", "Engine", "Fluids and Care", "Body"],
        &[
            "Arctic version, proven at −40 °C.",
            "Tested in polar climate.",
            "Stays flexible at −40 °C.",
        ],
        &["for arctic temperatures", "that works at −40 °C"],
    ),
    feature(
        &["Chassis", "Braking", "Drivetrain", "Lighting"],
        &[
            "Reinforced for unpaved tracks.",
            "Off-road grade.",
            "Sealed against mud and wading.",
        ],
        &["for off-road use", "for mud and gravel tracks"],
    ),
    feature(
        &[
            "Driver Assistance",
            "Electrical",
            "Lighting",
            "Safety",
            "Fuel and Emissions",
        ],
        &[
            "Needs no coding.",
            "Recognised by the vehicle without a tester.",
            "Preprogrammed, plug and play.",
        ],
        &["that needs no coding", "plug and play without diagnostic tester"],
    ),
    feature(
        &[
            "Electrical",
            "Chassis",
            "Braking",
            "Fuel and Emissions",
            "Thermal",
            "Electric Drive",
        ],
        &[
            "Remanufactured, with core deposit.",
            "Rebuilt on an exchange basis.",
            "Reconditioned unit, old part returned.",
        ],
        &["remanufactured exchange", "reconditioned with core return"],
    ),
    feature(
        &["Body", "Lighting", "Interior and Accessories", "Engine"],
        &[
            "Fits without tools.",
            "Clips in by hand.",
            "Tool-free installation.",
        ],
        &["tool-free fitting", "that fits without tools"],
    ),
    feature(
        &["Chassis", "Braking", "Drivetrain", "Engine"],
        &[
            "Tuned for track days.",
            "Motorsport specification.",
            "Circuit proven.",
        ],
        &["for track days", "for motorsport"],
    ),
    feature(
        &["Chassis"],
        &[
            "Matched to lowered suspension.",
            "For sport chassis, 30 mm lower.",
        ],
        &["for lowered suspension"],
    ),
    feature(
        &["Lighting", "Electrical", "Safety", "Driver Assistance"],
        &[
            "Released for ambulances and fire engines.",
            "Emergency vehicle approval.",
            "For blue-light services.",
        ],
        &["for ambulances", "for emergency vehicles"],
    ),
    feature(
        &[],
        &[
            "Popular in motorhomes.",
            "Suits camper conversions.",
            "For motorhome bodies.",
        ],
        &["for a motorhome", "for camper van conversion"],
    ),
    feature(
        &["Engine", "Electrical", "Thermal", "Lighting", "Fluids and Care"],
        &[
            "Used on tractors and combines.",
            "Agricultural release.",
            "For farm machinery.",
        ],
        &["for tractors", "for farm machines"],
    ),
    feature(
        &[
            "Engine",
            "Thermal",
            "Electrical",
            "Fuel and Emissions",
            "Fluids and Care",
        ],
        &[
            "Also released for inboard marine engines.",
            "Marine grade.",
            "For boats with inboard engine.",
        ],
        &["for marine engines", "for a boat engine"],
    ),
    feature(
        &["Braking"],
        &["Low-dust formulation keeps rims clean.", "Hardly any brake dust."],
        &["with little dust on the rims"],
    ),
    feature(
        &[
            "Interior and Accessories",
            "Body",
            "Thermal",
            "Fluids and Care",
            "Electric Drive",
        ],
        &[
            "Made with recycled material.",
            "Sixty per cent recyclate.",
            "Recycled feedstock.",
        ],
        &["from recycled material"],
    ),
    feature(
        &["Electric Drive", "Thermal", "Electrical", "Safety"],
        &[
            "Released for plug-in hybrids.",
            "Insulated for hybrid drives.",
            "Hybrid specification.",
        ],
        &["for plug-in hybrids", "for hybrid vehicles"],
    ),
    feature(
        &["Driver Assistance", "Electric Drive", "Electrical", "Safety"],
        &["Firmware can be updated over the air.", "Accepts remote updates."],
        &["with over-the-air updates"],
    ),
    feature(
        &[
            "Interior and Accessories",
            "Fluids and Care",
            "Electric Drive",
            "Driver Assistance",
        ],
        &[
            "Five-year warranty.",
            "Guaranteed for sixty months.",
            "Warranty runs five years.",
        ],
        &["with five year warranty"],
    ),
];

/// Certifications by category; the first is the one that counts there.
pub(crate) fn certifications(category: &str) -> &'static [&'static str] {
    match category {
        "Braking" => &["ECE-R90", "ISO-9001", "RoHS"],
        "Chassis" => &["TUV", "ISO-9001", "RoHS"],
        "Engine" => &["ISO-9001", "IATF-16949", "RoHS"],
        "Fuel and Emissions" => &["ECE-R103", "IATF-16949", "IP67"],
        "Thermal" => &["IATF-16949", "IP67", "RoHS"],
        "Electrical" => &["ECE-R10", "IP67", "RoHS"],
        "Electric Drive" => &["ISO-26262", "IP6K9K", "ECE-R100"],
        "Lighting" => &["ECE-R148", "IP6K9K", "ECE-R10"],
        "Body" => &["TUV", "RoHS", "ISO-9001"],
        "Driver Assistance" => &["ISO-26262", "AEC-Q100", "IP6K9K"],
        "Safety" => &["ISO-26262", "ECE-R16", "AEC-Q100"],
        "Drivetrain" => &["ISO-9001", "IATF-16949", "TUV"],
        "Interior and Accessories" => &["TUV", "ECE-R55", "REACH"],
        _ => &["REACH", "ISO-9001", "RoHS"],
    }
}
