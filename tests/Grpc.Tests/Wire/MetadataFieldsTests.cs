using Grpc.Core;
using Grpc.Wire;

namespace K8sBackup.Grpc.Tests.Wire;

public sealed class MetadataFieldsTests
{
    [Theory]
    [InlineData("AQ")]
    [InlineData("AQ==")]
    public void AddField_Binary_ReadsWithAndWithoutPadding(string field)
    {
        var metadata = new Metadata();
        MetadataFields.AddField(metadata, "k-bin", field);

        Assert.Equal([1], metadata.GetValueBytes("k-bin"));
    }

    [Fact]
    public void AddField_JoinedBinary_AreSeveralEntries()
    {
        var metadata = new Metadata();
        MetadataFields.AddField(metadata, "k-bin", "AQ==, Ag");

        Assert.Equal([[1], [2]], metadata.Select(entry => entry.ValueBytes));
    }

    [Theory]
    [InlineData("A")]
    [InlineData("*")]
    public void AddField_NotBase64_Throws(string field) =>
        Assert.Throws<FormatException>(() => MetadataFields.AddField([], "k-bin", field));

    [Theory]
    [InlineData("grpc-status")]
    [InlineData("TE")]
    [InlineData(":path")]
    [InlineData("Content-Type")]
    public void AddField_FieldOfTheProtocol_IsLeftOut(string name)
    {
        var metadata = new Metadata();
        MetadataFields.AddField(metadata, name, "x");

        Assert.Empty(metadata);
    }

    [Fact]
    public void ToField_Binary_HasNoPadding() => Assert.Equal("AQ", MetadataFields.ToField(new Metadata.Entry("k-bin", [1])));
}
