//! Whether a checklist can be published. Pure: lists every flaw, never stops at the first.

use std::collections::HashSet;

use anfang_protocol::{
    checklist::{AnswerType, Checklist, ChoiceOption, Item},
    limits,
    words::Words,
};

use crate::failure::Reason;

/// Something that keeps a checklist from being published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Index of the item; none: the checklist itself.
    pub item: Option<usize>,
    /// The field.
    pub field: &'static str,
    pub reason: Reason,
    /// What stands there.
    pub value: String,
}

macro_rules! reasons {
    ($($name:ident = $code:literal, $en:literal, $zh:literal;)+) => {
        $(pub const $name: Reason = Reason { code: $code, en: $en, zh: $zh };)+
    };
}

reasons! {
    CODE_INVALID = "code_invalid", "A code has 1 to 64 small letters, digits, dots, hyphens and underscores", "编码须为 1 至 64 位小写字母、数字、点、连字符或下划线";
    CODE_TWICE = "code_twice", "This code stands twice; give each its own", "编码重复，请使用不同编码";
    TITLE_MISSING = "title_missing", "Give the text in Chinese and in English", "中文、英文内容均须填写";
    TEXT_INVALID = "text_invalid", "The text is empty, too long, or has control characters", "文本为空、过长或含有控制字符";
    ITEMS_COUNT = "items_count", "A checklist has 1 to 500 items", "检查表须有 1 至 500 个检查项";
    VERSION_INVALID = "version_invalid", "Versions are numbered 1, 2, 3 …", "版本号须为 1、2、3……";
    WORD_UNKNOWN = "word_unknown", "This word is not known here; see the list of allowed ones", "不认识的取值，请使用规定的取值";
    NUMBER_LIMITS = "number_limits", "The limits must be finite numbers with min < max and min <= pass_min <= pass_max <= max", "上下限须为有限数，且 min < max、min ≤ pass_min ≤ pass_max ≤ max";
    OPTIONS_COUNT = "options_count", "A choice has 2 to 50 options", "选择题须有 2 至 50 个选项";
    NEVER_FAILS = "never_fails", "A veto item must be able to fail: give it a failing option or a pass limit", "一票否决项必须有不合格的情形，请设置不合格选项或合格限值";
    DAYS_INVALID = "days_invalid", "The days to rectify must be 1 to 365", "整改期限须为 1 至 365 天";
    PHOTOS_INVALID = "photos_invalid", "The least number of photos must be 0 to 20", "最少照片数须为 0 至 20 张";
}

/// Options of one choice at most.
const OPTIONS_MAX: usize = 50;
const DAYS_MAX: u16 = 365;
const PHOTOS_MAX: u8 = 20;

/// Everything that is wrong with the checklist by itself; empty: it can be published.
pub fn flaws(list: &Checklist) -> Vec<Flaw> {
    let mut found = Found { item: None, flaws: Vec::new() };
    found.code("code", &list.code);
    found.words("title", &list.title, limits::SHORT_TEXT_CHARS);
    found.guidance(list.guidance.as_ref());
    if list.version == 0 || i32::try_from(list.version).is_err() {
        found.push("version", VERSION_INVALID, list.version);
    }
    if !(1..=limits::ANSWERS_PER_INSPECTION).contains(&list.items.len()) {
        found.push("items", ITEMS_COUNT, list.items.len());
    }
    let mut codes = HashSet::new();
    for (index, item) in list.items.iter().enumerate() {
        found.item = Some(index);
        if !codes.insert(item.code.as_str()) {
            found.push("code", CODE_TWICE, &item.code);
        }
        found.item(item);
    }
    found.flaws
}

/// Codes are written in one way only, so that two that look alike are the same.
pub fn is_code(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_'))
}

struct Found {
    item: Option<usize>,
    flaws: Vec<Flaw>,
}

impl Found {
    fn push(&mut self, field: &'static str, reason: Reason, value: impl ToString) {
        self.flaws.push(Flaw { item: self.item, field, reason, value: value.to_string() });
    }

    fn code(&mut self, field: &'static str, code: &str) {
        if !is_code(code) {
            self.push(field, CODE_INVALID, code);
        }
    }

    fn words(&mut self, field: &'static str, words: &Words, chars: usize) {
        let Some(en) = &words.en else {
            self.push(field, TITLE_MISSING, &words.zh);
            return;
        };
        for text in [&words.zh, en] {
            if text.trim().is_empty() {
                self.push(field, TITLE_MISSING, text);
            } else if text.chars().count() > chars || text.chars().any(char::is_control) {
                self.push(field, TEXT_INVALID, text);
            }
        }
    }

    fn guidance(&mut self, guidance: Option<&Words>) {
        if let Some(guidance) = guidance {
            self.words("guidance", guidance, limits::LONG_TEXT_CHARS);
        }
    }

    fn item(&mut self, item: &Item) {
        self.code("code", &item.code);
        self.words("title", &item.title, limits::SHORT_TEXT_CHARS);
        self.guidance(item.guidance.as_ref());
        for kind in item.applies_to.iter().filter(|kind| !kind.is_known()) {
            self.push("applies_to", WORD_UNKNOWN, kind);
        }
        if let Some(department) = &item.department {
            self.code("department", department);
        }
        if !item.default_severity.is_known() {
            self.push("default_severity", WORD_UNKNOWN, &item.default_severity);
        }
        if !(1..=DAYS_MAX).contains(&item.rectify_within_days) {
            self.push("rectify_within_days", DAYS_INVALID, item.rectify_within_days);
        }
        if item.min_photos > PHOTOS_MAX {
            self.push("min_photos", PHOTOS_INVALID, item.min_photos);
        }
        self.answer(&item.answer);
        if item.veto && !can_fail(&item.answer) {
            self.push("veto", NEVER_FAILS, &item.code);
        }
    }

    fn answer(&mut self, answer: &AnswerType) {
        match answer {
            AnswerType::PassFail | AnswerType::Text => {}
            AnswerType::Number { unit, min, max, pass_min, pass_max } => {
                if let Some(unit) = unit {
                    self.words("unit", unit, limits::SHORT_TEXT_CHARS);
                }
                let (low, high) = (pass_min.unwrap_or(*min), pass_max.unwrap_or(*max));
                let finite = [*min, *max, low, high].into_iter().all(f64::is_finite);
                if !(finite && min < max && *min <= low && low <= high && high <= *max) {
                    self.push("answer", NUMBER_LIMITS, format!("{min} <= {low} <= {high} <= {max}"));
                }
            }
            AnswerType::Choice { options } => self.options(options),
        }
    }

    fn options(&mut self, options: &[ChoiceOption]) {
        if !(2..=OPTIONS_MAX).contains(&options.len()) {
            self.push("options", OPTIONS_COUNT, options.len());
        }
        let mut codes = HashSet::new();
        for option in options {
            self.code("options", &option.code);
            self.words("options", &option.title, limits::SHORT_TEXT_CHARS);
            if !codes.insert(&option.code) {
                self.push("options", CODE_TWICE, &option.code);
            }
        }
    }
}

fn can_fail(answer: &AnswerType) -> bool {
    match answer {
        AnswerType::PassFail => true,
        AnswerType::Number { pass_min, pass_max, .. } => pass_min.is_some() || pass_max.is_some(),
        AnswerType::Choice { options } => options.iter().any(|option| option.fails),
        AnswerType::Text => false,
    }
}
