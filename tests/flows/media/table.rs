//! What each shared file is, and what is expected of it.

use anfang_media::{
    Flag::{self, *},
    MediaType::{self, *},
};

use self::Fate::*;

/// What SOURCES.md says of a photo: name, type, size as shown, camera, time of taking (local, with the offset
/// in minutes if stated), orientation, place; and the flags that it deserves.
pub type Told = (
    &'static str,
    MediaType,
    (u32, u32),
    &'static str,
    &'static str,
    u8,
    Option<(f64, f64)>,
    &'static [Flag],
);

#[rustfmt::skip]
pub const PHOTOS: &[Told] = &[
    ("p01_iphone4_gps.jpg", Jpeg, (1296, 968), "Apple iPhone 4", "2011-01-13 14:33:39", 1, Some((41.853, 12.48883)), &[]),
    ("p02_iphone6_gps_badgpsdate.jpg", Jpeg, (3264, 2448), "Apple iPhone 6", "2014-09-16 14:05:12", 1, Some((51.76241, -0.31789)), &[GpsTimeInvalid]),
    ("p03_htc_desire_gps.jpg", Jpeg, (776, 909), "HTC HTC Desire", "2011-05-06 09:59:48", 1, Some((45.50067, 9.11033)), &[]),
    ("p04_nexus4_gps.jpg", Jpeg, (2448, 3264), "LGE Nexus 4", "2013-01-20 18:54:08", 1, Some((51.56247, -0.07733)), &[]),
    ("p05_oppo_r7plus_gps.jpg", Jpeg, (3120, 4160), "OPPO R7plusf", "2018-07-16 17:52:22", 1, Some((60.26746, 8.77113)), &[]),
    ("p06_vivo_x90pro_gps_srational_offset.jpg", Jpeg, (3072, 4096), "vivo vivo X90 Pro+", "2023-07-09 20:36:33 +480", 1, Some((22.53113, 114.02148)), &[TrailingData]),
    ("p07_pixel_gps.jpg", Jpeg, (4048, 3036), "Google Pixel", "2018-07-25 16:34:23", 1, Some((50.2996, 14.82029)), &[]),
    ("p08_pixel_gps_resized_copy_of_p07.jpg", Jpeg, (1012, 759), "Google Pixel", "2018-07-25 16:34:23", 1, Some((50.2996, 14.82029)), &[]),
    ("p09_nokia83_gps_srational_offset_pano.jpg", Jpeg, (4608, 1976), "HMD Global Nokia 8.3 5G", "2022-08-14 14:12:31 +180", 1, Some((60.14671, 24.90677)), &[]),
    ("p10_sony_hx5v_gps.jpg", Jpeg, (730, 547), "SONY DSC-HX5V", "2010-05-15 17:12:05", 1, Some((51.77862, 8.36564)), &[]),
    ("p11_iphone6_burst_a_gps.jpg", Jpeg, (3264, 2448), "Apple iPhone 6", "2015-04-10 20:12:23", 1, Some((40.44697, -3.72475)), &[]),
    ("p12_iphone6_burst_b_gps.jpg", Jpeg, (3264, 2448), "Apple iPhone 6", "2015-04-10 20:12:23", 1, Some((40.44697, -3.72475)), &[]),
    ("p13_motorola_xt1068_nogps.jpg", Jpeg, (3264, 2448), "Motorola XT1068", "2014-09-12 17:20:30", 1, None, &[TrailingData]),
    ("p14_samsung_j327_orient6.jpg", Jpeg, (1932, 2576), "samsung SM-J327T1", "2019-09-26 16:38:00", 6, None, &[]),
    ("p15_jolla_nogps.jpg", Jpeg, (3264, 2448), "Jolla Jolla", "2014-09-21 16:00:56", 1, None, &[]),
    ("p16_samsung_s9plus_nogps.jpg", Jpeg, (4032, 3024), "samsung SM-G965W", "2020-10-27 13:23:33", 1, None, &[]),
    ("p17_sigma_clock_2038.jpg", Jpeg, (2640, 1760), "SIGMA SIGMA DP1", "2038-05-05 01:29:24", 1, None, &[]),
    ("p18_moto_g9_gps_empty.jpg", Jpeg, (4640, 3472), "motorola moto g(9) plus", "2025-06-01 16:59:26", 1, None, &[GpsInvalid, MetadataUnreadable]),
    ("p19_fake_make456_gps_0_0.jpg", Jpeg, (2048, 1536), "456 123", "2017-11-27 01:01:01", 1, None, &[GpsZero, StrictDecodeFailed]),
    ("p20_fuji_s2pro_gps.jpg", Jpeg, (600, 400), "FUJIFILM FinePixS2Pro", "2002-07-28 15:50:05", 1, Some((51.84667, -3.33783)), &[]),
    ("h1_iphone8_gps.heic", Heic, (4032, 3024), "Apple iPhone 8", "2018-02-05 15:11:44", 1, Some((23.17792, 113.39432)), &[]),
    ("h2_iphone11pro_gps_exif_at_eof.heic", Heic, (3024, 4032), "Apple iPhone 11 Pro", "2020-05-04 18:39:11 -240", 1, Some((47.20712, 106.24311)), &[]),
    ("h3_galaxy_s24fe.heic", Heic, (4000, 1848), "samsung Galaxy S24 FE", "2025-05-09 11:38:44 +120", 1, None, &[LowContent]),
    ("w1_htc_desire_webp_copy_of_p03.webp", Webp, (776, 909), "HTC HTC Desire", "2011-05-06 09:59:48", 1, Some((45.50067, 9.11033)), &[]),
    ("w2_iphonex_orient6_exif_prefix.webp", Webp, (240, 320), "Apple iPhone X", "2018-08-27 12:20:23", 6, Some((37.39268, -122.04097)), &[]),
    ("n1_canon_t3_exif.png", Png, (1024, 683), "Canon Canon EOS REBEL T3", "2011-07-30 15:41:25 -420", 1, None, &[]),
    // SOURCES.md has the header's time (2024-02-02 08:09:57); the tag tells when it was filmed.
    ("v1_iphonex_gps.mov", Mov, (720, 1280), "Apple iPhone X", "2019-02-12 15:27:12 +480", 1, Some((27.1281, 100.2508)), &[TimesDisagree]),
    ("v2_ios_screen_recording.mp4", Mp4, (886, 1920), "", "2025-02-24 10:33:06", 1, None, &[ContainerTime, ScreenRecording]),
];

/// What EXPECT.tsv asks of a hostile file, with the one rule on damaged files (promise 18).
pub enum Fate {
    /// No allowed format: 415, or 422 if empty.
    Refused,
    /// Kept, flagged damaged for this reason, without a preview.
    Damaged(Flag),
    /// Sound but for these flags, with previews.
    Accepted(&'static [Flag]),
    /// Either way, as long as it is bounded.
    Bounded,
}

pub const HOSTILE: &[(&str, Fate)] = &[
    ("x01_truncated_scan.jpg", Damaged(Incomplete)),
    ("x02_truncated_in_exif.jpg", Damaged(Incomplete)),
    ("x03_sof_65500x65500.jpg", Damaged(DimensionsTooLarge)),
    ("x04_png_bomb_30000x30000.png", Damaged(DimensionsTooLarge)),
    ("x05_png_ihdr_2e31.png", Damaged(DimensionsTooLarge)),
    ("x06_png_ztxt_200MB.png", Accepted(&[LowContent])),
    ("x07_png_iccp_200MB.png", Accepted(&[LowContent])),
    ("x08_exif_ifd_loop.jpg", Accepted(&[MetadataUnreadable])),
    ("x09_exif_subifd_self.jpg", Accepted(&[MetadataUnreadable])),
    ("x10_exif_count_4g.jpg", Accepted(&[MetadataUnreadable])),
    // Its 65,535 entries are all of the camera's name.
    ("x11_exif_65535_entries.jpg", Accepted(&[MetadataUnreadable])),
    ("x12_gps_div0.jpg", Accepted(&[GpsInvalid])),
    ("x13_gps_out_of_range.jpg", Accepted(&[GpsInvalid])),
    ("x14_gps_ref_junk.jpg", Accepted(&[GpsInvalid])),
    ("x15_gps_srational_negative.jpg", Accepted(&[GpsInvalid])),
    ("x16_a_exif_date.jpg", Accepted(&[DateInvalid])),
    ("x16_b_exif_date.jpg", Accepted(&[DateInvalid])),
    ("x16_c_exif_date.jpg", Accepted(&[DateInvalid])),
    ("x16_d_exif_date.jpg", Accepted(&[DateInvalid])),
    ("x16_e_exif_date.jpg", Accepted(&[DateInvalid])),
    ("x17_exif_make_xss_ansi.jpg", Accepted(&[])),
    ("x18_orientation_bad.jpg", Accepted(&[OrientationInvalid])),
    ("x19_polyglot_jpeg_html.jpg", Accepted(&[TrailingData])),
    ("x20_polyglot_jpeg_zip.jpg", Accepted(&[TrailingData])),
    ("x21_svg_named.jpg", Refused),
    ("x22_html_named.jpg", Refused),
    ("x23_mvg_named.jpg", Refused),
    ("x24_zero_bytes.jpg", Refused),
    ("x25_only_soi.jpg", Damaged(Incomplete)),
    ("x26_jpeg_prefix_garbage.jpg", Damaged(Incomplete)),
    ("x27_progressive_scan_bomb.jpg", Bounded),
    ("x28_gif_400_frames.gif", Refused),
    ("x29_mp4_box_size0_and_wrap.mp4", Damaged(Incomplete)),
    ("x30_mp4_deep_moov.mp4", Damaged(Incomplete)),
    ("x31_heic_iloc_past_end.heic", Damaged(Undecodable)),
    ("x32_png_bad_crc.png", Damaged(Undecodable)),
    ("c1_metadata_extractor_negative_array_size.heif", Bounded),
    ("c2_nom_exif_endless_loop.jpg", Bounded),
    ("c3_c2pa_nested_moov_1000.mp4", Damaged(Incomplete)),
    ("c4_libheif_uaf_117.heic", Damaged(Undecodable)),
];
