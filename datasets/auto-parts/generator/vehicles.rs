//! Invented makes and models with the years they were built, and the patterns of the makes' own numbers.

/// A vehicle model.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) make: usize,
    pub(crate) name: &'static str,
    /// Model years of its generations, first and last.
    pub(crate) generations: &'static [(u32, u32)],
}

/// Makes, each with the pattern of its original-equipment numbers (see `brands.rs` for the signs).
pub(crate) const MAKES: [(&str, &str); 9] = [
    ("Corvane", "%%%#0#-##@"),
    ("Veltris", "##.##-%%% ###"),
    ("Morrowby", "@%%% ### ##"),
    ("Quillon", "Q%%%##-####"),
    ("Tarsk", "%%%####@#"),
    ("Belvanto", "51 %%% ####"),
    ("Rivanta", "RA%%%###"),
    ("Dunmarsh", "##%%%-##0##"),
    ("Ostavia", "%%% ### ###@"),
];

const fn model(make: usize, name: &'static str, generations: &'static [(u32, u32)]) -> Model {
    Model {
        make,
        name,
        generations,
    }
}

pub(crate) const MODELS: [Model; 34] = [
    model(0, "Tellur", &[(2003, 2009), (2010, 2017), (2018, 2024)]),
    model(0, "Astelle", &[(2006, 2013), (2014, 2022)]),
    model(0, "Brisco", &[(2011, 2018)]),
    model(0, "Pavo", &[(1999, 2007), (2008, 2016)]),
    model(1, "Onda", &[(2001, 2008), (2009, 2015), (2016, 2023)]),
    model(1, "Kestro", &[(2012, 2019)]),
    model(1, "Lumio", &[(2015, 2024)]),
    model(1, "Sarn", &[(2005, 2012)]),
    model(2, "Fennick", &[(1998, 2006), (2007, 2014)]),
    model(2, "Wolden", &[(2009, 2016), (2017, 2024)]),
    model(2, "Tarnby", &[(2013, 2021)]),
    model(3, "Arbal", &[(2004, 2011), (2012, 2020)]),
    model(3, "Pikaro", &[(2008, 2015)]),
    model(3, "Vesna", &[(2016, 2024)]),
    model(3, "Lodo", &[(2000, 2008)]),
    model(4, "Hauler 7", &[(2002, 2012), (2013, 2023)]),
    model(4, "Hauler 12", &[(2005, 2015), (2016, 2024)]),
    model(4, "Dromo", &[(2010, 2019)]),
    model(5, "Cirella", &[(2003, 2010), (2011, 2018)]),
    model(5, "Notte", &[(2007, 2014)]),
    model(5, "Strada GT", &[(2014, 2022)]),
    model(5, "Palio Mare", &[(2001, 2009)]),
    model(6, "Zephra", &[(2017, 2024)]),
    model(6, "Ionis", &[(2019, 2024)]),
    model(6, "Crestal", &[(2012, 2018)]),
    model(7, "Moorland", &[(2000, 2010), (2011, 2021)]),
    model(7, "Heathley", &[(2006, 2015)]),
    model(7, "Cartage", &[(2008, 2018)]),
    model(7, "Burgh", &[(2014, 2023)]),
    model(8, "Selma", &[(2002, 2009), (2010, 2016)]),
    model(8, "Octane V", &[(2011, 2019)]),
    model(8, "Kombra", &[(2004, 2013), (2014, 2024)]),
    model(8, "Ruvo", &[(2009, 2016)]),
    model(8, "Taiga", &[(2015, 2023)]),
];

/// Make and model as people say it.
pub(crate) fn full_name(model: usize) -> String {
    let m = &MODELS[model];
    format!("{} {}", MAKES[m.make].0, m.name)
}
