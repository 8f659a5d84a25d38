using Google.Protobuf;
using K8sBackup.Model.Trees;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Transport.Tests.Mapping;

public sealed class EntryMappingTests
{
    [Fact]
    public void ToModel_OfItsOwnMessage_IsTheSame()
    {
        TreeEntry entry = new()
        {
            Path = [(byte)'a', (byte)'/', 0xff, (byte)'\n'],
            Kind = EntryKind.File,
            State = EntryState.ChangedWhileRead,
            Mode = 4095,
            Uid = uint.MaxValue - 1,
            Gid = 7,
            Size = long.MaxValue,
            ModifiedAt = new UnixTime(-2_000_000_000, 999_999_999),
            ChangedAt = new UnixTime(1, 2),
            Inode = ulong.MaxValue,
            Device = 5,
            LinkTarget = [1, 2],
            Attributes = [new ExtendedAttribute([3], [4, 5])],
            Reason = "size changed",
            Flags = FileFlags.All,
        };
        TreeEntry back = EntryMapping.ToModel(Wire.Entry.Parser.ParseFrom(EntryMapping.ToWire(entry).ToByteArray()));
        Assert.Equal(entry.Path, back.Path);
        Assert.Equal(entry.LinkTarget, back.LinkTarget);
        Assert.Equal(entry.Attributes[0].Value, back.Attributes[0].Value);
        Assert.Equal(
            entry with { Path = [], LinkTarget = [], Attributes = [] },
            back with { Path = [], LinkTarget = [], Attributes = [] });
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("/x")]
    [InlineData("a//b")]
    [InlineData("a/./b")]
    [InlineData("a\0b")]
    public void ToModel_PathThatEscapes_IsRefused(string path) => Refused(new Wire.Entry { Path = ByteString.CopyFromUtf8(path) });

    [Fact]
    public void ToModel_FieldsOutOfRange_AreRefused()
    {
        Refused(new Wire.Entry { Kind = (Wire.EntryKind)9 });
        Refused(new Wire.Entry { Kind = (Wire.EntryKind)(-1) });
        Refused(new Wire.Entry { State = (Wire.EntryState)5 });
        Refused(new Wire.Entry { Mode = 4096 });
        Refused(new Wire.Entry { Size = -1 });
        Refused(new Wire.Entry { Flags = 1 });
        Refused(new Wire.Entry { Flags = 0x100010 });
        Refused(new Wire.Entry { ModifiedNanoseconds = 1_000_000_000 });
        Refused(new Wire.Entry { ChangedNanoseconds = -1 });
    }

    private static void Refused(Wire.Entry entry) => Assert.Throws<InvalidDataException>(() => EntryMapping.ToModel(entry));
}
