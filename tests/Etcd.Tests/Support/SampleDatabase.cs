using System.Buffers.Binary;
using System.Text;
using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.Tests.Support;

/// <summary>A small database written here, for tests that need no server.</summary>
internal static class SampleDatabase
{
    /// <summary>Writes ten revisions and the given entries of the meta and cluster buckets.</summary>
    public static string Write(
        string path, string? clusterVersion = null, string? storageVersion = null, bool withTerm = false, long compactRevision = 0, bool withAlarm = false)
    {
        using var writer = BoltBulkWriter.Create(path, 4096);
        if (withAlarm)
        {
            writer.BeginBucket("alarm"u8, 0);
            writer.Add([0x08, 7, 0x10, 1], []);
            writer.EndBucket();
        }

        if (clusterVersion is not null)
        {
            writer.BeginBucket("cluster"u8, 0);
            writer.Add("clusterVersion"u8, Encoding.ASCII.GetBytes(clusterVersion));
            writer.Add("downgrade"u8, "{\"target-version\":\"3.4.0\",\"enabled\":true}"u8);
            writer.EndBucket();
        }

        writer.BeginBucket("key"u8, 0);
        var key = new byte[Revision.EncodedBytes];
        for (byte i = 2; i < 12; i++)
        {
            new Revision(i, 0).Write(key);
            writer.Add(key, [0x0a, 2, (byte)'k', i, 0x10, i, 0x18, i, 0x20, 1, 0x2a, 1, i]);
        }

        writer.EndBucket();
        writer.BeginBucket("meta"u8, 0);
        var number = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(number, 99);
        writer.Add("consistent_index"u8, number);
        if (compactRevision > 0)
        {
            new Revision(compactRevision, 0).Write(key);
            writer.Add("finishedCompactRev"u8, key);
        }

        if (storageVersion is not null)
        {
            writer.Add("storageVersion"u8, Encoding.ASCII.GetBytes(storageVersion));
        }

        if (withTerm)
        {
            writer.Add("term"u8, number);
        }

        writer.EndBucket();
        writer.Finish();
        return path;
    }
}
