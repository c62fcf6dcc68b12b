//! From cells to values: what each column may hold. Pure.

use anfang_protocol::{
    area::AreaLevel,
    limits,
    site::{HousingGrade, PovertyState, SiteKind},
    unit::UnitKind,
};

use super::{
    fault::{self, Fault},
    record::Record,
};
use crate::failure::Reason;

/// What a file says of one value.
#[derive(Debug, Clone, PartialEq)]
pub enum Given<T> {
    /// Nothing: there is no such column, the value stays as it is.
    Keep,
    /// An empty cell: there shall be no value.
    Clear,
    Set(T),
}

impl<T> Given<T> {
    /// The value as it shall be, where it was `before`.
    pub fn over(self, before: Option<T>) -> Option<T> {
        match self {
            Given::Keep => before,
            Given::Clear => None,
            Given::Set(value) => Some(value),
        }
    }
}

/// Reads the cells of one record and collects what is wrong with them.
pub struct Cells<'r> {
    pub record: &'r Record,
    pub faults: Vec<Fault>,
}

impl<'r> Cells<'r> {
    pub fn of(record: &'r Record) -> Self {
        Cells { record, faults: record.faults.clone() }
    }

    pub fn fault(&mut self, column: &str, reason: Reason, value: &str) {
        self.faults.push(Fault::new(self.record.line, reason).column(column).value(value));
    }

    /// A value that may be absent. A bad cell is put down as a fault and counts as absent.
    pub fn optional<T>(&mut self, column: &str, read: impl FnOnce(&str) -> Result<T, Reason>) -> Given<T> {
        match self.record.cell(column) {
            None => Given::Keep,
            Some("") => Given::Clear,
            Some(cell) => match read(cell) {
                Ok(value) => Given::Set(value),
                Err(reason) => {
                    self.fault(column, reason, cell);
                    Given::Keep
                }
            },
        }
    }

    /// A value that must not be cleared; a new row without it is refused later ([`Cells::needed`]).
    pub fn firm<T>(&mut self, column: &str, read: impl FnOnce(&str) -> Result<T, Reason>) -> Option<T> {
        match self.optional(column, read) {
            Given::Set(value) => Some(value),
            Given::Keep => None,
            Given::Clear => {
                self.fault(column, fault::CELL_MISSING, "");
                None
            }
        }
    }
}

/// A fault for each value that a new row lacks.
pub fn needed(line: usize, lacks: &[(&'static str, bool)]) -> Vec<Fault> {
    let missing = lacks.iter().filter(|(_, lacking)| *lacking);
    missing.map(|(column, _)| Fault::new(line, fault::CELL_MISSING).column(*column)).collect()
}

/// A short text of one line.
pub fn text(cell: &str) -> Result<String, Reason> {
    let fits = cell.chars().count() <= limits::SHORT_TEXT_CHARS && !cell.chars().any(char::is_control);
    if fits { Ok(cell.to_owned()) } else { Err(fault::TEXT_INVALID) }
}

/// A code of a unit or site. Letters of any script: villages number their households in Chinese, too.
pub fn code(cell: &str) -> Result<String, Reason> {
    if looks_shortened(cell) {
        return Err(fault::CODE_SHORTENED);
    }
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let short = (1..=64).contains(&cell.chars().count());
    if short && cell.chars().all(fits) { Ok(cell.to_owned()) } else { Err(fault::CODE_INVALID) }
}

/// An official code of twelve digits.
pub fn area_code(cell: &str) -> Result<String, Reason> {
    if looks_shortened(cell) {
        return Err(fault::CODE_SHORTENED);
    }
    let fits = cell.len() == 12 && cell.bytes().all(|b| b.is_ascii_digit());
    if fits { Ok(cell.to_owned()) } else { Err(fault::AREA_CODE_INVALID) }
}

/// Spreadsheets turn long codes into 9.90126E+11, and the digits are gone.
fn looks_shortened(cell: &str) -> bool {
    let Some((mantissa, exponent)) = cell.split_once(['E', 'e']) else { return false };
    mantissa.contains('.')
        && mantissa.parse::<f64>().is_ok()
        && exponent.strip_prefix('+').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
}

/// A finite number within the limits.
pub fn number(cell: &str, limits: std::ops::RangeInclusive<f64>) -> Result<f64, Reason> {
    // Rust reads "inf" and "nan" as numbers; nobody means them.
    let plain = cell.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    let value: f64 = cell.parse().ok().filter(|_| plain).ok_or(fault::NUMBER_INVALID)?;
    if limits.contains(&value) { Ok(value) } else { Err(fault::NUMBER_OUT_OF_RANGE) }
}

/// A whole number within the limits.
pub fn whole(cell: &str, limits: std::ops::RangeInclusive<f64>) -> Result<f64, Reason> {
    let value = number(cell, limits)?;
    if value.fract() == 0.0 { Ok(value) } else { Err(fault::NUMBER_INVALID) }
}

pub fn area_level(cell: &str) -> Result<AreaLevel, Reason> {
    let level = match cell {
        "市" | "地级市" => AreaLevel::City,
        "县" | "区" | "县级" => AreaLevel::County,
        "乡镇" | "乡" | "镇" | "街道" => AreaLevel::Township,
        "村" | "行政村" | "社区" => AreaLevel::Village,
        "组" | "村民小组" => AreaLevel::Group,
        word => AreaLevel::from(word),
    };
    if level.is_known() { Ok(level) } else { Err(fault::WORD_UNKNOWN) }
}

pub fn unit_kind(cell: &str) -> Result<UnitKind, Reason> {
    let kind = match cell {
        "乡镇" => UnitKind::Township,
        "部门" | "行业部门" => UnitKind::Department,
        "村" | "行政村" => UnitKind::Village,
        "工作组" | "暗访组" | "验收组" | "督查组" => UnitKind::Team,
        word => UnitKind::from(word),
    };
    if kind.is_known() { Ok(kind) } else { Err(fault::WORD_UNKNOWN) }
}

pub fn site_kind(cell: &str) -> Result<SiteKind, Reason> {
    let kind = match cell {
        "村" | "行政村" => SiteKind::Village,
        "户" | "农户" => SiteKind::Household,
        "卫生室" | "卫生院" => SiteKind::Clinic,
        "水厂" | "供水工程" => SiteKind::WaterWorks,
        "住房" | "房屋" => SiteKind::House,
        "学校" => SiteKind::School,
        "车间" | "扶贫车间" => SiteKind::Workshop,
        "光伏电站" => SiteKind::SolarStation,
        "项目" => SiteKind::Project,
        "办公场所" | "村委会" => SiteKind::Office,
        "驻村工作队住所" | "住所" => SiteKind::Quarters,
        word => SiteKind::from(word),
    };
    if kind.is_known() { Ok(kind) } else { Err(fault::WORD_UNKNOWN) }
}

pub fn poverty_state(cell: &str) -> Result<PovertyState, Reason> {
    let state = match cell {
        "未脱贫" => PovertyState::NotLifted,
        "已脱贫" => PovertyState::Lifted,
        "边缘户" => PovertyState::Marginal,
        "独居老人" => PovertyState::ElderlyAlone,
        "非建档立卡户" | "一般户" => PovertyState::NotRegistered,
        word => PovertyState::from(word),
    };
    if state.is_known() { Ok(state) } else { Err(fault::WORD_UNKNOWN) }
}

pub fn housing_grade(cell: &str) -> Result<HousingGrade, Reason> {
    let grade = match cell {
        "A" | "A级" => HousingGrade::A,
        "B" | "B级" => HousingGrade::B,
        "C" | "C级" | "C级危房" => HousingGrade::C,
        "D" | "D级" | "D级危房" => HousingGrade::D,
        word => HousingGrade::from(word),
    };
    if grade.is_known() { Ok(grade) } else { Err(fault::WORD_UNKNOWN) }
}
