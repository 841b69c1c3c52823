/**
 * Discovery: where a mesh's controller is. On the local network by mDNS (`_bithub-runner._tcp.local`, TXT keys
 * `id v persona caps addr` and `mesh`), then the seeds of `.bit/mesh/config.yml` in their order.
 *
 * What a network says is believed no further than that there may be somebody: who it is, and of which mesh, is proved
 * on the connection. A record of another mesh is passed over; one that names none (`mesh` is ours) is tried.
 */
export { type Announcement, type Announcer, announce } from './announce.ts';
export { type Browser, browse, type Discovered } from './browse.ts';
export { type Finder, type FinderOptions, findControllers } from './find.ts';
export { networkInterfaces } from './responder.ts';
