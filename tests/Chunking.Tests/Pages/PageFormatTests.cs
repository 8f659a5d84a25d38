using System.Buffers.Binary;
using K8sBackup.Chunking.Pages;

namespace K8sBackup.Chunking.Tests.Pages;

public sealed class PageFormatTests
{
    [Theory]
    [InlineData(4096u, 4096)]
    [InlineData(16384u, 16384)]
    [InlineData(65536u, 65536)]
    [InlineData(1024u, 4096)]
    [InlineData(0u, 0)]
    [InlineData(5000u, 0)]
    [InlineData(131072u, 0)]
    [InlineData(uint.MaxValue, 0)]
    public void Detect_Bolt_GivesItsPageSize(uint stated, int expected) => Assert.Equal(expected, PageFormat.Detect(Bolt(stated)));

    [Theory]
    [InlineData((ushort)4096, 4096)]
    [InlineData((ushort)512, 4096)]
    [InlineData((ushort)1, 65536)]
    [InlineData((ushort)3, 0)]
    public void Detect_Sqlite_GivesItsPageSize(ushort stated, int expected)
    {
        byte[] head = new byte[PageFormat.HeadBytes];
        "SQLite format 3\0"u8.CopyTo(head);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(16), stated);
        Assert.Equal(expected, PageFormat.Detect(head));
    }

    [Fact]
    public void Detect_AnythingElse_HasNoPages()
    {
        Assert.Equal(0, PageFormat.Detect([]));
        Assert.Equal(0, PageFormat.Detect(Bolt(4096).AsSpan(0, 63)));
        Assert.Equal(0, PageFormat.Detect(new byte[4096]));
        byte[] otherVersion = Bolt(4096);
        otherVersion[20] = 3;
        Assert.Equal(0, PageFormat.Detect(otherVersion));
    }

    private static byte[] Bolt(uint pageSize)
    {
        byte[] head = new byte[PageFormat.HeadBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(16), 0xED0CDAED);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(20), 2);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(24), pageSize);
        return head;
    }
}
