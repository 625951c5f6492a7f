//! The page's own style, script and content policy.

use crate::content::sha256_base64;

/// All of the script, in one closure.
const SCRIPT: &str = concat!(
    "\"use strict\";\n(() => {\n",
    include_str!("../script/dom.js"),
    include_str!("../script/theme.js"),
    include_str!("../script/tables.js"),
    include_str!("../script/marks.js"),
    include_str!("../script/lists.js"),
    include_str!("../script/compare.js"),
    include_str!("../script/bump.js"),
    include_str!("../script/text.js"),
    include_str!("../script/page.js"),
    include_str!("../script/queries.js"),
    include_str!("../script/start.js"),
    "})();\n",
);

/// What a page brings along.
#[derive(Debug)]
pub(super) struct Assets {
    /// Content of the one `style` element.
    pub(super) style: String,
    /// Content of the one `script` element that runs.
    pub(super) script: &'static str,
    /// Content of the `Content-Security-Policy`: nothing is loaded, and of all scripts and styles only these two count.
    pub(super) policy: String,
}

/// The assets of every page; they are always the same.
pub(super) fn assets() -> Assets {
    let style = format!("{}{}", include_str!("../style.css"), bars());
    let source = |text: &str| format!("'sha256-{}'", sha256_base64(text.as_bytes()));
    Assets {
        policy: format!(
            "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'; \
             require-trusted-types-for 'script'; trusted-types 'none'",
            source(&style),
            source(SCRIPT)
        ),
        script: SCRIPT,
        style,
    }
}

/// A class per width in percent: the policy allows no `style` attributes.
fn bars() -> String {
    (0..=100).map(|n| format!(".w{n}{{--w:{n}%}}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_script_and_style_by_their_content() {
        let assets = assets();
        assert!(!assets.policy.contains("unsafe"));
        assert!(assets.policy.contains(&sha256_base64(assets.script.as_bytes())));
        // Both stand in elements that end at the first `</`.
        assert!(!assets.script.contains("</") && !assets.style.contains("</"));
        // No text of the page ever becomes markup.
        for sink in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
        ] {
            assert!(!assets.script.contains(sink), "{sink}");
        }
        assert!(!assets.script.contains("fetch(") && !assets.script.contains("http"));
    }
}
