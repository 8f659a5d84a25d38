using System.Globalization;
using K8sBackup.Etcd.DataDir;

namespace K8sBackup.Etcd.Surviving;

/// <summary>Reads a server's whole log, file after file, one record in memory at a time.</summary>
internal static class WalSurvey
{
    public static WalFacts Read(string directory, CancellationToken cancellationToken)
    {
        var facts = new WalFacts();
        if (!Directory.Exists(directory))
        {
            return facts with { Damage = "there is no log" };
        }

        // Names are sequence and first index in fixed-width hex.
        var files = Directory.EnumerateFiles(directory, "*.wal").Order(StringComparer.Ordinal).ToArray();
        facts = facts with { Files = files.Length };
        if (files.Length == 0)
        {
            return facts with { Damage = "there is no log" };
        }

        var log = new Log(facts);
        try
        {
            foreach (var file in files)
            {
                log.Read(file, cancellationToken);
            }

            return log.Facts;
        }
        catch (Exception e) when (e is DataDirException or IOException)
        {
            // What stands before the damage still counts.
            return log.Facts with { Damage = e.Message };
        }
    }

    private static long SequenceOf(string file)
    {
        var name = Path.GetFileNameWithoutExtension(file).Split('-');
        return name.Length == 2 && long.TryParse(name[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var sequence)
            ? sequence
            : throw new DataDirException(DataDirFault.FileCorrupt, $"{Path.GetFileName(file)} is no name of a log file");
    }

    private static WalFacts Take(WalFacts facts, WalRecordType type, ReadOnlySpan<byte> data) => type switch
    {
        WalRecordType.Metadata => facts with { MemberId = ProtoFields.Number(data, 1), ClusterId = ProtoFields.Number(data, 2) },
        WalRecordType.Entry => facts with { LastTerm = ProtoFields.Number(data, 2), LastIndex = ProtoFields.Number(data, 3) },
        WalRecordType.State => facts with { Term = ProtoFields.Number(data, 1), Vote = ProtoFields.Number(data, 2), Commit = ProtoFields.Number(data, 3) },
        WalRecordType.Snapshot when ProtoFields.Number(data, 1) > facts.LastIndex =>
            facts with { LastIndex = ProtoFields.Number(data, 1), LastTerm = ProtoFields.Number(data, 2) },
        _ => facts,
    };

    private sealed class Log(WalFacts facts)
    {
        private uint? _crc;
        private long? _sequence;

        public WalFacts Facts { get; private set; } = facts;

        public void Read(string file, CancellationToken cancellationToken)
        {
            var sequence = SequenceOf(file);
            if (_sequence is { } before && sequence != before + 1)
            {
                throw new DataDirException(DataDirFault.FileCorrupt, $"{Path.GetFileName(file)} does not follow the file before");
            }

            _sequence = sequence;

            // The log may begin with a later file, when a server has done with the earlier ones; then that says where its checksum stands.
            using var reader = WalFileReader.Open(file, _crc ?? WalFileReader.FirstChecksum(file));
            while (reader.MoveNext())
            {
                cancellationToken.ThrowIfCancellationRequested();
                Facts = Take(Facts, reader.Type, reader.Data.Span);
            }

            _crc = reader.RunningCrc;
        }
    }
}
