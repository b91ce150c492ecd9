//! The document of the benchmark.

/// Repetitive code with nine lines per function.
pub(crate) fn source(lines: usize) -> String {
    let function = |number: usize| {
        format!(
            "pub fn measure_{number}(input: &[f64], weight: f64) -> f64 {{\n    \
             let total = input.iter().map(|it| it * weight).sum::<f64>();\n    \
             let mean = total / input.len().max(1) as f64;\n    \
             if mean > {number}.5 {{\n        return mean.sqrt();\n    }}\n    mean * weight\n}}\n\n"
        )
    };
    let text: String = (0..lines.div_ceil(9)).map(function).collect();
    text.split_inclusive('\n').take(lines).collect()
}
