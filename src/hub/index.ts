/** The Hugging Face hub: files of data sets and models, downloaded once, with what is wrong said so that people can act. */
export { defaultCacheDirectory, digestsOf } from './cache.js';
export { type DownloadOptions, downloadHubFile } from './download.js';
export { findModel, type ModelFile } from './model.js';
export { type LoadingHooks, LoadingStopped, whileWatched } from './watch.js';
