/** Answers in the forms that different models give them, written as in answers.ts. Of the drums, whose measured values stand there. */
type Case = readonly [text: string, ...claims: string[]];

/** Units that stand before their numbers: in labels, in columns of tables, in a cell of their own. */
export const LABELLED_ANSWERS: readonly Case[] = [
  ["| Tempo (BPM) | 112 |\n| Integrated loudness (LUFS) | -19.6 |", "+112", "+-19.6"],
  ["| Tempo (BPM) | 118 |\n| Integrated loudness (LUFS) | -14 |", "-118", "--14"],
  [
    "| Tempo (BPM) | Loudness (LUFS) | Peak (dBTP) |\n|---|---|---|\n| 112.02 | -19.63 | -2.97 |",
    "+112.02",
    "+-19.63",
    "+-2.97",
  ],
  ["| Tempo (BPM) | Loudness (LUFS) |\n|:--|--:|\n| 98.5 | −9.4 |", "-98.5", "-−9.4"],
  ["| Property | Value | Unit |\n|---|---|---|\n| Tempo | 112.02 | BPM |\n| Duration | 10 | s |", "+112.02", "+10"],
  [
    "| | Value | Confidence |\n|---|---|---|\n| Tempo | 112 BPM | 0.93 |\n| Meter | 4/4 | 91 % |",
    "+112 BPM",
    "+0.93",
    "+4/4",
    "+91 %",
  ],
  ["| | Value | Confidence |\n|---|---|---|\n| Tempo | 112 BPM | 0.5 |", "+112 BPM", "-0.5"],
  ["| Track no. | Name |\n|---|---|\n| 7 | groove |"],
  ["BPM: 112\nLRA: 1.08\nDuration: 10.0s", "+112", "+1.08", "+10.0s"],
  ["BPM: 120", "-120"],
  ["tempo=112.02 bpm, lufs=-19.63", "+112.02 bpm", "+-19.63"],
  ["- Integrated (LUFS): -19.6\n- True peak [dBTP]: -3.0", "+-19.6", "+-3.0"],
  ["Step 3 (mixing): 2 passes; see section (Hz) for 5 reasons."],
];

/** Bare shares in brackets, lists of confidences, names that follow their number. */
export const TERSE_ANSWERS: readonly Case[] = [
  ["112 BPM (93%), 4/4 (91%).", "+112 BPM", "+93%", "+4/4", "+91%"],
  ["112 BPM (70%).", "+112 BPM", "?70%"],
  ["Confidence levels: tempo 93%, meter 91%.", "+93%", "+91%"],
  ["Tempo — 112 BPM — confidence: high (93%).", "+112 BPM", "+93%"],
  ["It has 18.8 dB crest factor and 5 LU of loudness range.", "+18.8 dB", "-5 LU"],
  ["With 1.08 LU of loudness range and 18.8 dB of crest factor it punches.", "+1.08 LU", "+18.8 dB"],
  ["It leaves 3.0 dB of headroom.", "+3.0 dB"],
  ["It peaks 3.0 dB below full scale.", "+3.0 dB"],
  ["Der Lautheitsbereich beträgt 1,08 LU.", "+1,08 LU"],
  ["Der Takt ist recht sicher (91 %): 4/4.", "+91 %", "+4/4"],
];

/** What is not said of this recording as it is must never be called wrong. */
export const OPEN_ANSWERS: readonly Case[] = [
  ["Is it at 120 BPM? No: it runs at 112 BPM.", "?120 BPM", "+112 BPM"],
  ["Techno is faster: 130–150 BPM.", "?130", "?150 BPM"],
  ["Traditional performances range from 60 BPM to 160 BPM.", "?60 BPM", "?160 BPM"],
  ["It is slower than most performances, which sit near 130 BPM.", "?130 BPM"],
  ["House usually sits at 100–120 BPM.", "?100", "?120 BPM"],
  ["The tempo is 112.0 BPM ± 0.1 BPM.", "+112.0 BPM", "?0.1 BPM"],
  ["Raising it by 5.63 dB gives a true peak of +2.66 dBTP.", "+5.63 dB", "+2.66 dBTP"],
  ["Raising it by 9 dB gives a true peak of +6 dBTP.", "?9 dB", "?6 dBTP"],
  ["It is 1.97 dB below the −1 dBTP ceiling.", "?1.97 dB", "?−1 dBTP"],
  ["It is 0.03 dB above a −3 dBTP ceiling.", "?0.03 dB", "?−3 dBTP"],
  ["| Candidate | BPM | Weight |\n|---|---|---|\n| 1 | 112.02 | 0.9 |\n| 2 | 56 | 0.006 |", "+112.02", "+56"],
  ["The tempo lies between roughly 56 and 112 BPM, as one counts.", "?56", "+112 BPM"],
  ["Your previous upload had 95 BPM; the original version has 99 BPM.", "?95 BPM", "?99 BPM"],
  ["The tempo drops to 80 BPM in the middle and returns to 150 BPM.", "?80 BPM", "?150 BPM"],
  ["Cut 5.6 dB at 250 Hz.", "?5.6 dB", "?250 Hz"],
  ["The signal-to-noise ratio is 5.6 dB.", "?5.6 dB"],
  ["Wenn man es auf 120 BPM beschleunigt, klingt es höher.", "?120 BPM"],
];

/** Of the chords. */
export const KEY_ANSWERS: readonly Case[] = [
  ["The song modulates to F major in the middle.", "?F major"],
  ["| Rank | Key | Score |\n|---|---|---|\n| 1 | Bb major | 0.9 |\n| 2 | E major | 0.7 |", "+Bb major", "?E major"],
  ["It was written in F# minor, but this one is in B flat major.", "?F# minor", "+B flat major"],
  ["A fifth up is E major.", "?E major"],
  ["G minor and F major are the runners-up.", "+G minor", "+F major"],
  ["Die Tonart ist B-Dur, eventuell auch g-Moll.", "+B-Dur", "+g-Moll"],
];
