//! The figures: as a table for people, as JSON for programs.

use std::{fs, path::Path};

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    load::Load,
    meter::{Shares, processors},
};

/// One line of the table.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    pub name: String,
    pub unit: &'static str,
    pub rate: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub shares: Shares,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_mb: Option<f64>,
    /// What was measured beside it, in the same minute.
    pub beside: Vec<Beside>,
    /// The published figure of others that it is held against, and how many times that is aimed for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aim: Option<Aim>,
    pub remarks: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Beside {
    pub name: String,
    pub rate: f64,
    pub mean_ms: f64,
    pub shares: Shares,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct Aim {
    pub whose: &'static str,
    pub rate: f64,
    pub times: f64,
}

impl Figure {
    pub fn of(name: &str, unit: &'static str, load: &Load) -> Self {
        Figure {
            name: name.to_owned(),
            unit,
            rate: load.rate(),
            p50_ms: load.percentile_ms(0.5),
            p99_ms: load.percentile_ms(0.99),
            shares: load.shares,
            server_mb: None,
            beside: Vec::new(),
            aim: None,
            remarks: Vec::new(),
        }
    }

    pub fn beside(mut self, name: &str, load: &Load) -> Self {
        self.beside.push(Beside {
            name: name.to_owned(),
            rate: load.rate(),
            mean_ms: load.percentile_ms(0.5),
            shares: load.shares,
        });
        self
    }

    /// With the server's memory right behind the measurement, megabytes.
    pub fn memory(mut self, mb: f64) -> Self {
        self.server_mb = Some(mb);
        self
    }

    pub fn aim(mut self, whose: &'static str, rate: f64, times: f64) -> Self {
        self.aim = Some(Aim { whose, rate, times });
        self
    }

    pub fn remark(mut self, remark: String) -> Self {
        self.remarks.push(remark);
        self
    }
}

/// Whole numbers where they are large.
fn number(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    }
}

fn shares(s: &Shares) -> String {
    let percent = |share: f64| format!("{:>4.0}%", share * 100.0);
    [s.generator, s.server, s.decoders, s.postgres, s.others].map(percent).join(" ")
}

const WIDTH: usize = 62;

/// Prints all figures.
pub fn print(figures: &[Figure], memory: &[(String, f64)]) {
    println!();
    println!(
        "Processor time in percent of {} processors; others: what else ran on the machine.",
        processors()
    );
    println!(
        "{:WIDTH$} {:>9}        {:>6} {:>8} {:>8}  {:>5} {:>4} {:>5} {:>4} {:>5}  {:>6}",
        "", "", "ratio", "p50 ms", "p99 ms", "gener", "serv", "decod", "pg", "other", "MB"
    );
    for figure in figures {
        let mb = figure.server_mb.map_or(String::new(), |mb| format!("{mb:.0}"));
        println!(
            "{} {:>9} {:<6} {:>6} {:>8} {:>8}  {}  {mb:>6}",
            padded(&figure.name),
            number(figure.rate),
            figure.unit,
            "",
            number(figure.p50_ms),
            number(figure.p99_ms),
            shares(&figure.shares)
        );
        for beside in &figure.beside {
            println!(
                "{} {:>9} {:<6} {:>6} {:>8} {:>8}  {}",
                padded(&format!("  {}", beside.name)),
                number(beside.rate),
                figure.unit,
                format!("{:.2}", figure.rate / beside.rate),
                if beside.mean_ms > 0.0 { number(beside.mean_ms) } else { String::new() },
                "",
                shares(&beside.shares)
            );
        }
        if let Some(Aim { whose, rate, times }) = figure.aim {
            let reached = figure.rate / rate;
            let verdict = if reached >= times { "reached" } else { "not reached" };
            println!(
                "{} {:>9} {:<6} {:>6}  aim {times:.0} times: {verdict}",
                padded(&format!("  {whose}")),
                number(rate),
                figure.unit,
                format!("{reached:.1}")
            );
        }
        for remark in &figure.remarks {
            println!("  {remark}");
        }
    }
    println!();
    for (name, mb) in memory {
        println!("{} {mb:>9.0} MB", padded(name));
    }
}

fn padded(text: &str) -> String {
    // Counted in characters: the names have no wide ones.
    format!("{text:WIDTH$}")
}

/// Writes the figures where programs find them.
///
/// # Errors
/// When the folder or the file cannot be written.
pub fn save(path: &Path, figures: &[Figure], memory: &[(String, f64)], about: Value) -> anyhow::Result<()> {
    let memory: serde_json::Map<String, Value> =
        memory.iter().map(|(name, mb)| (name.clone(), json!(mb))).collect();
    let all = json!({ "about": about, "figures": figures, "memory_mb": memory });
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, serde_json::to_string_pretty(&all)?)?;
    Ok(())
}
