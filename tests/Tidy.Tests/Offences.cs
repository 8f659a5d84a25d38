namespace K8sBackup.Tidy.Tests;

/// <summary>Fails with the whole list, since every line of it is to be mended.</summary>
internal static class Offences
{
    public static void None(IEnumerable<string> offences)
    {
        string[] all = [.. offences];
        Assert.True(all.Length == 0, "\n" + string.Join('\n', all));
    }
}
