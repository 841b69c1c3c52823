/**
 * GitHub: what is said and changed there through Octokit, with the credential that the broker keeps. Each change is an
 * operation that policies judge by what it says and where; none can be taken back by `bit undo`.
 */
export { answered } from './answer.ts';
export { type CommentAsked, type Commented, commentOnIssue, renderCommented } from './comment.ts';
export { type LabelAsked, type Labelled, labelIssue, renderLabelled } from './label.ts';
export { type GithubAsked, type GithubPlace, githubPlace } from './place.ts';
