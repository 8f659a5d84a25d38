namespace K8sBackup.Etcd.Client;

/// <summary>A member's hash of its key space.</summary>
/// <param name="MemberId">Who answered.</param>
/// <param name="Hash">The hash; compare with <see cref="Snapshots.KeySpaceHasher"/> at the same two revisions.</param>
/// <param name="Revision">Revision it was asked for, or was at when asked for the newest.</param>
/// <param name="CompactRevision">Compact revision it was computed with, 0 when never compacted.</param>
public sealed record HashKvAnswer(ulong MemberId, uint Hash, long Revision, long CompactRevision);
