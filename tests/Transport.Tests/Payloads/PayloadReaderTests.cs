using Google.Protobuf;
using K8sBackup.Transport.Payloads;
using K8sBackup.Transport.V1;

namespace K8sBackup.Transport.Tests.Payloads;

/// <summary>What the generated parser makes of some bytes is what these readers must make of them, whatever the bytes are.</summary>
public sealed class PayloadReaderTests
{
    public static TheoryData<string, byte[]> Uploads => new()
    {
        { "frame", Upload(Frame(3)).ToByteArray() },
        { "frame with the defaults", new UploadRequest { Frame = new Frame() }.ToByteArray() },
        { "header", new UploadRequest { Header = new UploadHeader { WorkId = "w-1" } }.ToByteArray() },
        { "finish", new UploadRequest { Finish = new Finish { Root = ByteString.CopyFromUtf8("root") } }.ToByteArray() },
        { "nothing", [] },
        { "two frames, which are merged", [.. Upload(Frame(2)).ToByteArray(), .. Upload(new Frame { Seq = 9 }).ToByteArray()] },
        { "frame, then header", [.. Upload(Frame(2)).ToByteArray(), .. new UploadRequest { Header = new UploadHeader { WorkId = "w" } }.ToByteArray()] },
        { "lengths one by one", [0x12, 6, 0x28, 5, 0x28, 0xff, 0xff, 3] },
        { "payload twice", [0x12, 6, 0x32, 1, 7, 0x32, 1, 8] },
        { "unknown field in the frame", [0x12, 5, 0x08, 1, 0xb8, 1, 4] },
        { "negative content", [0x12, 11, 0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1] },
        { "number without an end", [0x12, 12, 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff] },
        { "payload longer than the frame", [0x12, 4, 0x32, 0x7f, 1, 2] },
        { "payload of a negative length", [0x12, 11, 0x32, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1] },
        { "field number 0", [0x12, 2, 0x00, 1] },
        { "end of a group", [0x12, 1, 0x0c] },
    };

    public static TheoryData<string, byte[]> Restores => new()
    {
        { "all kinds of items", Restore().ToByteArray() },
        { "nothing", [] },
        { "an empty item", [0x0a, 0] },
        { "an item of two kinds", [0x0a, 6, 0x1a, 0, 0x12, 2, 0x20, 1] },
        { "unknown field beside the items", [.. Restore().ToByteArray(), 0x78, 1] },
        { "data longer than the item", [0x0a, 3, 0x12, 9, 0] },
        { "unknown field in the data", [0x0a, 5, 0x12, 3, 0x98, 1, 4] },
        { "item longer than the message", [0x0a, 50, 0x12, 0] },
    };

    [Theory]
    [MemberData(nameof(Uploads))]
    public void Upload_AnyBytes_AreReadAsTheGeneratedParserDoes(string what, byte[] bytes)
    {
        Assert.NotEmpty(what);
        foreach (byte[] message in WholeAndCut(bytes))
        {
            UploadRequest? expected = Outcome(() => UploadRequest.Parser.ParseFrom(message));
            UploadRequest? read = Outcome(() => UploadRequestReader.Read(new ReceivedBytes(message, 5)));
            Assert.Equal(expected, read);
            read?.Frame?.Release();
        }
    }

    [Theory]
    [MemberData(nameof(Restores))]
    public void Restore_AnyBytes_AreReadAsTheGeneratedParserDoes(string what, byte[] bytes)
    {
        Assert.NotEmpty(what);
        foreach (byte[] message in WholeAndCut(bytes))
        {
            RestoreMessage? expected = Outcome(() => RestoreMessage.Parser.ParseFrom(message));
            RestoreMessage? read = Outcome(() => RestoreMessageReader.Read(new ReceivedBytes(message, 5)));
            Assert.Equal(expected, read);
            read?.Release();
        }
    }

    [Fact]
    public void Read_GroupsInGroupsWithoutEnd_AreRefusedAndTakeNoStack()
    {
        byte[] groups = [.. Enumerable.Repeat((byte)0x7b, 100_000)];
        byte[] Inside(byte field) => [field, 0xa0, 0x8d, 6, .. groups];
        foreach (byte[] bytes in (byte[][])[groups, Inside(0x12)])
        {
            Assert.Throws<InvalidProtocolBufferException>(() => UploadRequestReader.Read(new ReceivedBytes(bytes, 4096)));
        }

        foreach (byte[] bytes in (byte[][])[groups, Inside(0x0a)])
        {
            Assert.Throws<InvalidProtocolBufferException>(() => RestoreMessageReader.Read(new ReceivedBytes(bytes, 4096)));
        }
    }

    [Fact]
    public void Read_RandomChanges_AreReadAsTheGeneratedParserDoes()
    {
        Random random = new(11);
        byte[] upload = Upload(Frame(4)).ToByteArray();
        byte[] restore = Restore().ToByteArray();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] changed = Changed(upload, random);
            UploadRequest? frame = Outcome(() => UploadRequestReader.Read(new ReceivedBytes(changed, 64)));
            Assert.Equal(Outcome(() => UploadRequest.Parser.ParseFrom(changed)), frame);
            frame?.Frame?.Release();

            byte[] other = Changed(restore, random);
            RestoreMessage? items = Outcome(() => RestoreMessageReader.Read(new ReceivedBytes(other, 64)));
            Assert.Equal(Outcome(() => RestoreMessage.Parser.ParseFrom(other)), items);
            items?.Release();
        }
    }

    [Fact]
    public void Read_PlainMessages_KeepPayloadsInTheReceivedMessage()
    {
        UploadRequest request = UploadRequestReader.Read(new ReceivedBytes(Upload(Frame(3)).ToByteArray(), 16));
        RestoreMessage message = RestoreMessageReader.Read(new ReceivedBytes(Restore().ToByteArray(), 16));

        Assert.NotNull(request.Frame.Source);
        Assert.NotNull(message.Source);
        request.Frame.Release();
        request.Frame.Release();
        Assert.True(request.Frame.Source.Memory.IsEmpty);
        message.Release();
    }

    private static IEnumerable<byte[]> WholeAndCut(byte[] message) => Enumerable.Range(0, message.Length + 1).Select(length => message[..length]);

    private static byte[] Changed(byte[] message, Random random)
    {
        byte[] changed = [.. message];
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            changed[random.Next(changed.Length)] = (byte)random.Next(256);
        }

        return changed;
    }

    // Null stands for a message that is refused.
    private static T? Outcome<T>(Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private static UploadRequest Upload(Frame frame) => new() { Frame = frame };

    private static Frame Frame(int chunks) => new()
    {
        Seq = 300,
        Content = FrameContent.Data,
        Compression = Compression.Zstd,
        ChunkIds = ByteString.CopyFrom(new byte[32 * chunks]),
        Lengths = { Enumerable.Range(1, chunks).Select(i => (uint)(i * 1000)) },
        Payload = ByteString.CopyFrom([.. Enumerable.Range(0, 40).Select(i => (byte)i)]),
    };

    private static RestoreMessage Restore() => new()
    {
        Items =
        {
            new RestoreItem { Entry = new Entry { Path = ByteString.CopyFromUtf8("a/b"), Kind = EntryKind.File, Size = 70_000 } },
            new RestoreItem
            {
                Data = new Data
                {
                    FileOffset = 1L << 40,
                    Compression = Compression.Zstd,
                    ChunkLength = 70_000,
                    Skip = 1,
                    Take = 69_999,
                    ChunkId = ByteString.CopyFrom(new byte[32]),
                    Payload = ByteString.CopyFrom([1, 2, 3, 4, 5]),
                },
            },
            new RestoreItem { Loss = new Loss { Reason = "gone", IsTree = true, Entries = 3 } },
            new RestoreItem { End = new EntryEnd() },
            new RestoreItem { Done = new Done { Entries = 1, Bytes = 69_999 } },
        },
    };
}
