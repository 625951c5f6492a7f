//! The cards that come with the program, so that `evalrun fetch` works wherever it is started.

macro_rules! cards {
    ($($name:literal)+) => {
        /// Name and text of each, sorted by name.
        pub(super) const CARDS: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../../datasets/", $name, ".yaml"))),)+
        ];
    };
}

cards! {
    "arguana"
    "auto-parts"
    "deep-image-96-angular"
    "esci-us"
    "fashion-mnist-784-euclidean"
    "fiqa"
    "gist-960-euclidean"
    "glove-100-angular"
    "glove-200-angular"
    "glove-25-angular"
    "glove-50-angular"
    "lastfm-64-dot"
    "mnist-784-euclidean"
    "nfcorpus"
    "nytimes-256-angular"
    "quora"
    "scifact"
    "series-demo"
    "sift-128-euclidean"
    "trec-covid"
    "wands"
}
