using Google.Protobuf;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Transport.Mapping;

/// <summary>Tree entries on the wire. A message from a peer is checked here, so that no invalid entry gets further.</summary>
public static class EntryMapping
{
    public static Wire.Entry ToWire(TreeEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        Wire.Entry wire = new()
        {
            Path = UnsafeByteOperations.UnsafeWrap(entry.Path),
            Kind = (Wire.EntryKind)(int)entry.Kind,
            State = (Wire.EntryState)(int)entry.State,
            Mode = (uint)entry.Mode,
            Uid = entry.Uid,
            Gid = entry.Gid,
            Size = entry.Size,
            ModifiedSeconds = entry.ModifiedAt.Seconds,
            ModifiedNanoseconds = entry.ModifiedAt.Nanoseconds,
            ChangedSeconds = entry.ChangedAt.Seconds,
            ChangedNanoseconds = entry.ChangedAt.Nanoseconds,
            Inode = entry.Inode,
            Device = entry.Device,
            LinkTarget = UnsafeByteOperations.UnsafeWrap(entry.LinkTarget),
            Reason = entry.Reason,
            Flags = (uint)entry.Flags,
        };
        foreach (ExtendedAttribute attribute in entry.Attributes)
        {
            wire.Attributes.Add(new Wire.ExtendedAttribute
            {
                Name = UnsafeByteOperations.UnsafeWrap(attribute.Name),
                Value = UnsafeByteOperations.UnsafeWrap(attribute.Value),
            });
        }

        return wire;
    }

    /// <summary>The entry, without content.</summary>
    /// <exception cref="InvalidDataException">A field is out of its range; the message names it.</exception>
    public static TreeEntry ToModel(Wire.Entry wire)
    {
        ArgumentNullException.ThrowIfNull(wire);
        Require(TreePath.IsValid(wire.Path.Span), "path");
        Require((int)wire.Kind is >= 0 and <= (int)EntryKind.BlockDevice, "kind");
        Require((int)wire.State is >= 0 and <= (int)EntryState.RecordedOnly, "state");
        Require(wire.Mode <= 4095, "mode");
        Require((wire.Flags & ~(uint)FileFlags.All) == 0, "flags");
        Require(wire.Size >= 0, "size");
        Require(wire.ModifiedNanoseconds is >= 0 and < 1_000_000_000, "modified_nanoseconds");
        Require(wire.ChangedNanoseconds is >= 0 and < 1_000_000_000, "changed_nanoseconds");
        return new TreeEntry
        {
            Path = wire.Path.ToByteArray(),
            Kind = (EntryKind)(int)wire.Kind,
            State = (EntryState)(int)wire.State,
            Mode = (int)wire.Mode,
            Uid = wire.Uid,
            Gid = wire.Gid,
            Size = wire.Size,
            ModifiedAt = new UnixTime(wire.ModifiedSeconds, wire.ModifiedNanoseconds),
            ChangedAt = new UnixTime(wire.ChangedSeconds, wire.ChangedNanoseconds),
            Inode = wire.Inode,
            Device = wire.Device,
            LinkTarget = wire.LinkTarget.ToByteArray(),
            Attributes = [.. wire.Attributes.Select(a => new ExtendedAttribute(a.Name.ToByteArray(), a.Value.ToByteArray()))],
            Reason = wire.Reason,
            Flags = (FileFlags)wire.Flags,
        };
    }

    public static Wire.ItemOutcome ToWire(ItemOutcome item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return new Wire.ItemOutcome { Path = item.Path, State = (Wire.EntryState)(int)item.State, Reason = item.Reason };
    }

    /// <summary>The item; texts are cut to their limits.</summary>
    public static ItemOutcome ToModel(Wire.ItemOutcome wire)
    {
        ArgumentNullException.ThrowIfNull(wire);
        Require((int)wire.State is >= 0 and <= (int)EntryState.RecordedOnly, "state");
        return new ItemOutcome(wire.Path, (EntryState)(int)wire.State, Cut(wire.Reason, ItemOutcome.ReasonLengthMax));
    }

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length];

    private static void Require(bool condition, string field)
    {
        if (!condition)
        {
            throw new InvalidDataException($"Entry with a bad {field}.");
        }
    }
}
