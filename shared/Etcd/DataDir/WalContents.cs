namespace K8sBackup.Etcd.DataDir;

/// <summary>What a short WAL, as a restore writes it, says.</summary>
/// <param name="MemberId">The member the log belongs to.</param>
/// <param name="ClusterId">Its cluster.</param>
/// <param name="AddedMembers">Members added by ConfChange entries, in log order.</param>
/// <param name="LastIndex">Index of the last entry.</param>
/// <param name="Term">Term of the last hard state.</param>
/// <param name="Commit">Commit index of the last hard state.</param>
/// <param name="SnapshotIndex">Index of the last snapshot record.</param>
public sealed record WalContents(
    ulong MemberId,
    ulong ClusterId,
    IReadOnlyList<ulong> AddedMembers,
    ulong LastIndex,
    ulong Term,
    ulong Commit,
    ulong SnapshotIndex)
{
    // Enough for any restored log; a server's own log is read record by record instead.
    private const int EntriesMax = 10_000;

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="DataDirException">The file is damaged or too long for this summary.</exception>
    public static WalContents Read(string path)
    {
        using var reader = WalFileReader.Open(path, 0);
        var added = new List<ulong>();
        ulong memberId = 0, clusterId = 0, lastIndex = 0, term = 0, commit = 0, snapshotIndex = 0;
        for (var first = true; reader.MoveNext(); first = false)
        {
            // The kind of a record is outside its checksum, so its place has to vouch for it.
            var data = reader.Data.Span;
            if (first != (reader.Type == WalRecordType.Crc) || first != data.IsEmpty)
            {
                throw new DataDirException(DataDirFault.FileCorrupt, "the log does not begin with its only checksum record");
            }

            switch (reader.Type)
            {
                case WalRecordType.Metadata:
                    (memberId, clusterId) = (ProtoFields.Number(data, 1), ProtoFields.Number(data, 2));
                    break;
                case WalRecordType.Entry when added.Count < EntriesMax:
                    lastIndex = ProtoFields.Number(data, 3);
                    added.Add(ProtoFields.Number(ProtoFields.Bytes(data, 4), 3));
                    break;
                case WalRecordType.Entry:
                    throw new DataDirException(DataDirFault.FileCorrupt, $"more than {EntriesMax} entries");
                case WalRecordType.State:
                    (term, commit) = (ProtoFields.Number(data, 1), ProtoFields.Number(data, 3));
                    break;
                case WalRecordType.Snapshot:
                    snapshotIndex = ProtoFields.Number(data, 1);
                    break;
                case WalRecordType.Crc:
                    break;
                default:
                    throw new DataDirException(DataDirFault.FileCorrupt, $"a record of unknown kind {(int)reader.Type}");
            }
        }

        return new WalContents(memberId, clusterId, added, lastIndex, term, commit, snapshotIndex);
    }
}
