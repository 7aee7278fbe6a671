"""What a listener taps to each style of MMA's library: tempo range, beat unit, harmony."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """`unit` MMA beats to a tapped beat; `tuplet` 3 where the beat divides in three; tempo range in tapped BPM."""

    slowest: float
    fastest: float
    harmony: str = "pop"
    unit: int = 1
    tuplet: int = 2


STYLES: dict[str, Style] = {
    "50srock": Style(110, 175), "60srock": Style(110, 165), "8beat": Style(80, 140), "basicrock": Style(90, 150),
    "bubblerock": Style(110, 155), "folkrock": Style(90, 140), "softrock": Style(80, 130), "rockballad": Style(58, 92),
    "popballad": Style(58, 95), "pianoballad": Style(56, 92), "guitarballad": Style(58, 95), "ballad": Style(58, 92),
    "folkballad": Style(65, 110), "stringballad": Style(56, 90), "rb-ballad": Style(58, 90), "rb": Style(80, 125),
    "dsoul": Style(90, 130), "bvfunk": Style(85, 120), "strut": Style(85, 125), "trance": Style(125, 150),
    "boneym": Style(105, 132), "twist": Style(140, 175), "jive": Style(130, 180, "blues"), "popspiritual": Style(70, 120),
    "slowspiritual": Style(56, 85), "spiritual": Style(80, 130), "hymn": Style(60, 105), "lullaby": Style(60, 100),
    "folk": Style(90, 140), "bluefolk": Style(80, 130, "blues"), "hillcountry": Style(95, 150), "slowcountry": Style(60, 95),
    "countryblues": Style(80, 130, "blues"), "countryswing": Style(100, 160), "westernswing": Style(110, 170),
    "bluegrass": Style(95, 135, unit=2), "zydeco": Style(110, 170), "blues": Style(70, 130, "blues"),
    "slowblues": Style(56, 85, "blues"), "fastblues": Style(120, 180, "blues"), "shuffleboggie": Style(100, 150, "blues"),
    "boggiewoggie": Style(120, 180, "blues"), "jazzrock": Style(90, 140, "jazz"), "lfusion": Style(90, 140, "jazz"),
    "bebop": Style(120, 190, "jazz"), "bigband": Style(110, 170, "jazz"), "swing": Style(100, 170, "jazz"),
    "easyswing": Style(90, 150, "jazz"), "fastswing": Style(160, 210, "jazz"), "slowjazz": Style(56, 90, "jazz"),
    "mellowjazz": Style(55, 80, "jazz"), "nitejazz": Style(60, 110, "jazz"), "jazzcombo": Style(100, 170, "jazz"),
    "jazzguitar": Style(85, 150, "jazz"), "modernjazz": Style(90, 150, "jazz"), "evansish": Style(80, 150, "jazz"),
    "descendingjazz": Style(90, 140, "jazz"), "folkyjazz": Style(90, 150, "jazz"), "gypsyjazz": Style(150, 215, "jazz"),
    "foxtrot": Style(100, 140, "jazz"), "softshoe": Style(80, 120, "jazz"), "slowbroadway": Style(70, 105, "jazz"),
    "showtune": Style(90, 140, "jazz"), "dixie": Style(85, 115, "jazz", 2), "dixiemarch": Style(90, 115, "pop", 2),
    "charleston": Style(88, 115, "jazz", 2), "quickstep": Style(90, 106, "jazz", 2), "broadway": Style(110, 140, "jazz", 2),
    "bwmarch": Style(105, 130, "pop", 2), "march": Style(100, 126, "pop", 2), "polka": Style(105, 132, "pop", 2),
    "ragtime": Style(80, 108, "pop", 2), "ska": Style(98, 130, "pop", 2), "merengue": Style(110, 145, "pop", 2),
    "samba": Style(85, 120, "jazz", 2), "bossanova": Style(105, 150, "jazz"), "beguine": Style(95, 130, "jazz"),
    "bolero": Style(65, 100, "jazz"), "slowbolero": Style(58, 85), "rhumba": Style(90, 130), "jazzrhumba": Style(95, 135, "jazz"),
    "chacha": Style(105, 130), "cubanguitar": Style(95, 140), "mambo": Style(150, 200), "salsa": Style(150, 205),
    "son": Style(110, 180), "calypso": Style(95, 140), "tango": Style(105, 135), "lighttango": Style(100, 130),
    "desert": Style(95, 150), "arpeggio44": Style(65, 125), "ballad128": Style(56, 90, tuplet=3),
    "blues128": Style(56, 90, "blues", tuplet=3), "rock-128": Style(56, 100, tuplet=3), "68march": Style(100, 128, tuplet=3),
    "68swing": Style(100, 140, "pop", 3, 3), "arpeggio68": Style(56, 90, "pop", 3, 3), "blues68": Style(56, 80, "blues", 3, 3),
    "waltz": Style(90, 170), "countrywaltz": Style(90, 150), "frenchwaltz": Style(120, 190), "fastwaltz": Style(140, 200),
    "vienesewaltz": Style(140, 190), "jazzwaltz": Style(100, 180, "jazz"), "fastjazzwaltz": Style(150, 205, "jazz"),
    "modernjazzwaltz": Style(100, 170, "jazz"), "latinwaltz": Style(90, 150), "rockwaltz": Style(85, 150),
    "broadwaywaltz": Style(110, 180), "arpeggiowaltz": Style(80, 150), "jazz-54": Style(110, 180, "jazz"),
}

# Kept out of training altogether: what the validation part is made from.
HELD_OUT = frozenset({
    "60srock", "softrock", "guitarballad", "rb", "strut", "slowcountry", "westernswing", "slowblues", "bigband", "jazzguitar",
    "easyswing", "nitejazz", "ska", "polka", "bossanova", "chacha", "calypso", "folk", "countrywaltz", "jazzwaltz", "rock-128", "hymn",
    "boneym", "bubblerock", "68swing",
})
