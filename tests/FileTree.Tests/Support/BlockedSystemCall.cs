using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace K8sBackup.FileTree.Tests.Support;

/// <summary>Runs something on a thread of its own for which one system call is answered with an error by seccomp, as container runtimes do.</summary>
internal static unsafe partial class BlockedSystemCall
{
    private const int SetNoNewPrivileges = 38;
    private const int SetSeccomp = 22;
    private const nuint FilterMode = 2;

    public static void Run(uint call, int error, Action action)
    {
        ExceptionDispatchInfo? thrown = null;
        Thread thread = new(() =>
        {
            try
            {
                Block(call, error);
                action();
            }
#pragma warning disable CA1031 // Not swallowed: thrown below.
            catch (Exception e)
#pragma warning restore CA1031
            {
                thrown = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        thrown?.Throw();
    }

    private static void Block(uint call, int error)
    {
        // linux/bpf_common.h: load the number of the call; compare; error or allow.
        Instruction[] program =
        [
            new() { Code = 0x20 },
            new() { Code = 0x15, JumpIfFalse = 1, Value = call },
            new() { Code = 0x06, Value = 0x00050000u | (uint)error },
            new() { Code = 0x06, Value = 0x7fff0000 },
        ];
        fixed (Instruction* first = program)
        {
            Program filter = new() { Length = (ushort)program.Length, First = first };
            Assert.Equal(0, Control(SetNoNewPrivileges, 1, 0, 0, 0));
            Assert.Equal(0, Control(SetSeccomp, FilterMode, (nuint)(&filter), 0, 0));
        }
    }

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Control(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    [StructLayout(LayoutKind.Sequential)]
    private struct Instruction
    {
        public ushort Code;
        public byte JumpIfTrue;
        public byte JumpIfFalse;
        public uint Value;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Program
    {
        public ushort Length;
        public Instruction* First;
    }
}
