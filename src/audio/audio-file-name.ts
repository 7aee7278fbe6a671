/** Whether a name promises audio; what a file really holds is found when it is opened. */
const AUDIO_FILE =
  /\.(wav|wave|w64|rf64|bwf|mp[123]|m4[ab]|mp4|aac|flac|og[ga]|opus|aiff?|aifc|caf|au|snd|wma|webm|mka|ape|wv|tta|amr|ac3|dsf|dff)$/i;

export function hasAudioName(name: string): boolean {
  return AUDIO_FILE.test(name);
}
