using System.Globalization;
using K8sBackup.Cli.Tar;

namespace K8sBackup.Cli.Tests.Tar;

public sealed class PaxRecordsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(91)]
    [InlineData(92)]
    [InlineData(93)]
    [InlineData(94)]
    [InlineData(989)]
    [InlineData(990)]
    [InlineData(991)]
    [InlineData(992)]
    public void Add_AnyLength_CountsItsOwnDigits(int valueBytes)
    {
        PaxRecords records = new();

        records.Add("k", new string('v', valueBytes));

        byte[] record = records.ToArray();
        int written = int.Parse(record.AsSpan(0, record.AsSpan().IndexOf((byte)' ')), CultureInfo.InvariantCulture);
        Assert.Equal(record.Length, written);
    }
}
