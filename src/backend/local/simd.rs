//! Which vector instructions the program was compiled for, and which the machine has: a figure taken with one set
//! says little about the other.

/// The instruction sets looked for, one list for both questions.
macro_rules! features {
    ($check:ident) => {
        [
            #[cfg(target_arch = "x86_64")]
            ("sse4.2", $check!("sse4.2")),
            #[cfg(target_arch = "x86_64")]
            ("popcnt", $check!("popcnt")),
            #[cfg(target_arch = "x86_64")]
            ("avx2", $check!("avx2")),
            #[cfg(target_arch = "x86_64")]
            ("fma", $check!("fma")),
            #[cfg(target_arch = "x86_64")]
            ("avx512f", $check!("avx512f")),
            #[cfg(target_arch = "x86_64")]
            ("avx512vpopcntdq", $check!("avx512vpopcntdq")),
            #[cfg(target_arch = "aarch64")]
            ("neon", $check!("neon")),
            #[cfg(target_arch = "aarch64")]
            ("sve", $check!("sve")),
        ]
    };
}

macro_rules! is_compiled {
    ($name:tt) => {
        cfg!(target_feature = $name)
    };
}

#[cfg(target_arch = "aarch64")]
use std::arch::is_aarch64_feature_detected as is_detected;
#[cfg(target_arch = "x86_64")]
use std::arch::is_x86_feature_detected as is_detected;

/// The compiler was allowed to use these everywhere.
pub(super) fn compiled() -> Vec<&'static str> {
    present(&features!(is_compiled))
}

/// The machine has these.
pub(super) fn detected() -> Vec<&'static str> {
    present(&features!(is_detected))
}

fn present(features: &[(&'static str, bool)]) -> Vec<&'static str> {
    features.iter().filter(|f| f.1).map(|f| f.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compiled_in_is_also_there() {
        let detected = detected();
        assert!(compiled().iter().all(|f| detected.contains(f)));
    }
}
