//! What is wrong with a file, line by line, in both languages.

use anfang_protocol::words::Words;
use serde::Serialize;

use crate::failure::Reason;

/// One thing that keeps a file from being imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ImportFault)]
pub struct Fault {
    /// Line of the file on which the row begins; 1 is the first.
    pub line: usize,
    /// The column or field, where one is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    pub code: &'static str,
    /// What to do about it.
    pub reason: &'static str,
    pub reason_zh: &'static str,
    /// What stands there, cut to a readable length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// Characters of a value that are shown.
const SHOWN_CHARS: usize = 60;

impl Fault {
    pub fn new(line: usize, reason: Reason) -> Self {
        Fault { line, column: None, code: reason.code, reason: reason.en, reason_zh: reason.zh, value: None }
    }

    pub fn column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }

    pub fn value(mut self, value: impl AsRef<str>) -> Self {
        // It ends on a terminal: no control characters, and not more than a glance takes in.
        let shown: String = value.as_ref().chars().filter(|c| !c.is_control()).take(SHOWN_CHARS).collect();
        self.value = (!shown.is_empty()).then_some(shown);
        self
    }
}

/// A row that is wrong, as far as it can be told which it is, with all that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faulty {
    pub line: usize,
    pub code: String,
    pub name: Option<Words>,
    pub faults: Vec<Fault>,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = &self.column {
            write!(f, ", {column}")?;
        }
        if let Some(value) = &self.value {
            write!(f, " = \"{value}\"")?;
        }
        write!(f, ": {} / {} [{}]", self.reason, self.reason_zh, self.code)
    }
}

macro_rules! reasons {
    ($($name:ident = $code:literal, $en:literal, $zh:literal;)+) => {
        $(pub const $name: Reason = Reason { code: $code, en: $en, zh: $zh };)+
        /// Every reason of this table: codes are told to scripts, so that none may stand twice.
        pub const ALL: &[Reason] = &[$($name,)+];
    };
}

reasons! {
    // The file
    ENCODING_UNKNOWN = "encoding_unknown", "The file is neither UTF-8, UTF-16 with a mark, nor GB18030 (GBK); save it as CSV UTF-8", "文件编码无法识别，请另存为 UTF-8 编码的 CSV";
    TOO_LARGE = "too_large", "The file is too large; split it", "文件过大，请拆分";
    NO_ROWS = "no_rows", "The file has no rows", "文件中没有数据行";
    FORMAT_UNKNOWN = "format_unknown", "The file is of no format that can be imported as this", "文件格式不支持此类导入";
    COLUMN_UNKNOWN = "column_unknown", "No such column is known; rename or remove it", "不认识的列，请改名或删除该列";
    COLUMN_TWICE = "column_twice", "The column stands twice; remove one", "列重复，请删除其中一列";
    COLUMN_MISSING = "column_missing", "This column must be there", "缺少必需的列";
    CELLS_COUNT = "cells_count", "The row has more or fewer cells than the heading; look for commas and quotation marks", "单元格数与表头不符，请检查逗号和引号";
    JSON_INVALID = "json_invalid", "This is not the JSON that is expected here", "JSON 格式不正确";
    FIELD_UNKNOWN = "field_unknown", "No such field is known; look for a typing error", "不认识的字段，请检查拼写";

    // Cells
    CELL_MISSING = "cell_missing", "A value is needed here", "此处必须填写";
    TEXT_INVALID = "text_invalid", "The text is too long or has a line break or control character", "文本过长，或含有换行、控制字符";
    CODE_INVALID = "code_invalid", "A code has 1 to 64 letters, digits, dots, hyphens, slashes and underscores", "编码须为 1 至 64 位字母、数字、点、连字符、斜杠或下划线";
    CODE_SHORTENED = "code_shortened", "The spreadsheet has shortened the code; format the column as text and enter it again", "编码被表格软件改成了科学计数，请将该列设为文本后重新填写";
    AREA_CODE_INVALID = "area_code_invalid", "The code of an area has 12 digits", "行政区划代码须为 12 位数字";
    CODE_TWICE = "code_twice", "This code stands in an earlier row already", "编码与前面的行重复";
    WORD_UNKNOWN = "word_unknown", "This word is not one of those allowed here", "取值不在允许范围内";
    NUMBER_INVALID = "number_invalid", "This is not a number of the kind expected here", "数值格式不正确";
    NUMBER_OUT_OF_RANGE = "number_out_of_range", "The number lies outside what is possible", "数值超出可能范围";

    // Areas
    PARENT_UNKNOWN = "parent_unknown", "The area above it is neither in the file nor imported before", "上级区划不存在，文件中也没有";
    PARENT_NOT_HIGHER = "parent_not_higher", "The area above it must be of a higher level", "上级区划的级别必须更高";
    ROOT_SECOND = "root_second", "Only one area may have no area above it; give the code of its parent", "只能有一个最上级区划，请填写上级代码";
    ROOT_TOO_LOW = "root_too_low", "The area above all others must be a city or a county", "最上级区划须为市或县";
    BOUNDARY_INVALID = "boundary_invalid", "A boundary is a Polygon or MultiPolygon with closed rings on the globe", "边界须为闭合的面（Polygon 或 MultiPolygon），坐标须有效";

    // Units and sites
    AREA_UNKNOWN = "area_unknown", "There is no area with this code; import the areas first", "没有该区划代码，请先导入区划";
    POSITION_INCOMPLETE = "position_incomplete", "Latitude and longitude go together", "纬度和经度须同时填写";
    POSITION_INVALID = "position_invalid", "The position is not on the globe, or is 0,0; look whether latitude and longitude are swapped", "坐标无效或为 0,0，请检查纬度和经度是否填反";
    POINT_EXPECTED = "point_expected", "A site is a Point", "点位的几何类型须为 Point";
    GEOMETRY_UNEXPECTED = "geometry_unexpected", "Nothing of this kind has a geometry", "此类数据不应包含几何信息";
    ATTRIBUTE_NOT_OF_KIND = "attribute_not_of_kind", "Sites of this kind do not have this attribute; leave the cell empty", "此类点位没有该属性，请留空";

    // Calendars and rules
    YEAR_TWICE = "year_twice", "This year stands twice", "该年份重复";
    TERM_INVALID = "term_invalid", "The calendar or rule contradicts itself or goes beyond its limits; see docs/OPERATIONS.md", "日历或规则自相矛盾或超出限制，请参阅 docs/OPERATIONS.md";

    // Checklists
    VERSION_IMMUTABLE = "version_immutable", "This version is published with another content and never changes; publish the next version", "该版本已发布且内容不同，不能修改，请发布新版本";
    VERSION_NOT_NEXT = "version_not_next", "Versions are published one after the other; leave the number out to publish the next", "版本号须依次递增，可不填，由系统取下一版本";
    ITEM_CODE_REUSED = "item_code_reused", "An earlier version used this item code for a question with another type of answer; take a new code", "该检查项编码在旧版本中用于其他答案类型，请使用新编码";
}
