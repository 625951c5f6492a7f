//! `--jobs`: how many threads the program's own work may use.

use anyhow::Context;

/// Lets embedding, building and exact search share so many threads; models get their own number, which is the same.
pub(super) fn limit(threads: Option<usize>) -> anyhow::Result<()> {
    let Some(threads) = threads else {
        return Ok(());
    };
    // It can be done only once, and before anything runs on it.
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global();
    pool.with_context(|| format!("--jobs {threads}"))
}
