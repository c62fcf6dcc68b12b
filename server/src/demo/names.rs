//! Names that sound real and are not: of townships, villages and people, with their pinyin.

use anfang_protocol::words::Words;
use rand::{RngExt, rngs::Xoshiro256PlusPlus, seq::SliceRandom};

/// The dice of the demonstration: seeded, and the same on every machine.
pub type Dice = Xoshiro256PlusPlus;

type Spelled = (&'static str, &'static str);

/// The county: there is none of this name.
pub const COUNTY: Spelled = ("云岫县", "Yunxiu County");

/// The sixteen townships; the first is the county seat.
pub const TOWNSHIPS: [Spelled; 16] = [
    ("岫阳镇", "Xiuyang Town"),
    ("青崖镇", "Qingya Town"),
    ("双槐镇", "Shuanghuai Town"),
    ("玉带河镇", "Yudaihe Town"),
    ("栗树坪乡", "Lishuping Township"),
    ("石鼓岭乡", "Shiguling Township"),
    ("雁回乡", "Yanhui Township"),
    ("白鹭滩乡", "Bailutan Township"),
    ("松风岭乡", "Songfengling Township"),
    ("月牙塘乡", "Yueyatang Township"),
    ("鹰嘴崖乡", "Yingzuiya Township"),
    ("桃溪坞乡", "Taoxiwu Township"),
    ("麦浪坪乡", "Mailangping Township"),
    ("杉木冲乡", "Shanmuchong Township"),
    ("茶盐道乡", "Chayandao Township"),
    ("黄柏沟乡", "Huangbogou Township"),
];

const VILLAGE_HEADS: [Spelled; 20] = [
    ("上柳", "Shangliu"),
    ("下柳", "Xialiu"),
    ("前槐", "Qianhuai"),
    ("后槐", "Houhuai"),
    ("红枣", "Hongzao"),
    ("杏花", "Xinghua"),
    ("野梨", "Yeli"),
    ("青竹", "Qingzhu"),
    ("古松", "Gusong"),
    ("石磨", "Shimo"),
    ("白沙", "Baisha"),
    ("清泉", "Qingquan"),
    ("双井", "Shuangjing"),
    ("黄牛", "Huangniu"),
    ("凤栖", "Fengqi"),
    ("荞麦", "Qiaomai"),
    ("羊角", "Yangjiao"),
    ("芦花", "Luhua"),
    ("响水", "Xiangshui"),
    ("晒谷", "Shaigu"),
];

const VILLAGE_TAILS: [Spelled; 10] = [
    ("沟", "gou"),
    ("坪", "ping"),
    ("湾", "wan"),
    ("寨", "zhai"),
    ("岭", "ling"),
    ("河", "he"),
    ("塬", "yuan"),
    ("坝", "ba"),
    ("庄", "zhuang"),
    ("咀", "zui"),
];

/// `count` different village names, at most 200, in the order that the dice give them; without the word "village".
pub fn villages(dice: &mut Dice, count: usize) -> Vec<Words> {
    let mut names: Vec<Words> = VILLAGE_HEADS
        .iter()
        .flat_map(|head| VILLAGE_TAILS.iter().map(move |tail| (head, tail)))
        .map(|(head, tail)| Words::new(format!("{}{}", head.0, tail.0), format!("{}{}", head.1, tail.1)))
        .collect();
    names.shuffle(dice);
    names.truncate(count);
    names
}

/// The commonest first, as in the country.
const SURNAMES: [Spelled; 36] = [
    ("王", "Wang"),
    ("李", "Li"),
    ("张", "Zhang"),
    ("刘", "Liu"),
    ("陈", "Chen"),
    ("杨", "Yang"),
    ("赵", "Zhao"),
    ("黄", "Huang"),
    ("周", "Zhou"),
    ("吴", "Wu"),
    ("徐", "Xu"),
    ("孙", "Sun"),
    ("胡", "Hu"),
    ("朱", "Zhu"),
    ("高", "Gao"),
    ("林", "Lin"),
    ("何", "He"),
    ("郭", "Guo"),
    ("马", "Ma"),
    ("罗", "Luo"),
    ("梁", "Liang"),
    ("宋", "Song"),
    ("郑", "Zheng"),
    ("谢", "Xie"),
    ("韩", "Han"),
    ("唐", "Tang"),
    ("冯", "Feng"),
    ("于", "Yu"),
    ("董", "Dong"),
    ("萧", "Xiao"),
    ("程", "Cheng"),
    ("曹", "Cao"),
    ("袁", "Yuan"),
    ("邓", "Deng"),
    ("许", "Xu"),
    ("傅", "Fu"),
];

const MEN: [Spelled; 20] = [
    ("建国", "Jianguo"),
    ("志强", "Zhiqiang"),
    ("永福", "Yongfu"),
    ("德明", "Deming"),
    ("文军", "Wenjun"),
    ("长生", "Changsheng"),
    ("玉山", "Yushan"),
    ("振华", "Zhenhua"),
    ("守田", "Shoutian"),
    ("春林", "Chunlin"),
    ("国栋", "Guodong"),
    ("满仓", "Mancang"),
    ("树根", "Shugen"),
    ("兴旺", "Xingwang"),
    ("喜来", "Xilai"),
    ("伟", "Wei"),
    ("勇", "Yong"),
    ("军", "Jun"),
    ("涛", "Tao"),
    ("刚", "Gang"),
];

const WOMEN: [Spelled; 20] = [
    ("秀英", "Xiuying"),
    ("桂兰", "Guilan"),
    ("玉梅", "Yumei"),
    ("淑珍", "Shuzhen"),
    ("凤霞", "Fengxia"),
    ("春花", "Chunhua"),
    ("彩云", "Caiyun"),
    ("月娥", "Yue'e"),
    ("翠莲", "Cuilian"),
    ("小红", "Xiaohong"),
    ("晓燕", "Xiaoyan"),
    ("雪梅", "Xuemei"),
    ("爱民", "Aimin"),
    ("素琴", "Suqin"),
    ("腊梅", "Lamei"),
    ("芳", "Fang"),
    ("敏", "Min"),
    ("静", "Jing"),
    ("丽", "Li"),
    ("娟", "Juan"),
];

/// Somebody.
pub fn person(dice: &mut Dice) -> Words {
    // The smaller of two throws: common surnames come more often.
    let rank = dice.random_range(0..SURNAMES.len()).min(dice.random_range(0..SURNAMES.len()));
    let surname = SURNAMES[rank];
    let given = if dice.random_bool(0.6) { MEN } else { WOMEN };
    let given = given[dice.random_range(0..given.len())];
    Words::new(format!("{}{}", surname.0, given.0), format!("{} {}", surname.1, given.1))
}
